using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Admin;

/// <summary>What a token is asked for.</summary>
public sealed record AdminTokenRequest
{
    /// <summary>Longer than a day is no short life.</summary>
    public static readonly TimeSpan MaxLife = TimeSpan.FromHours(24);

    private const int MaxBytes = 16 * 1024;
    private static readonly string[] s_methods = ["GET", "POST", "PUT", "DELETE"];

    /// <summary>One of <see cref="RoleList.Names"/>.</summary>
    public required string Role { get; init; }

    /// <summary>Who gets it, for the audit record.</summary>
    public string Subject { get; init; } = "unnamed";

    /// <summary>What it is limited to, such as <c>default/</c>; empty: nothing.</summary>
    public string Path { get; init; } = "";

    /// <summary>What it is limited to; empty: nothing.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    public required TimeSpan Life { get; init; }

    /// <exception cref="MalformedDataException">A member is unknown or out of bounds.</exception>
    public static AdminTokenRequest Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "admin.token", MaxBytes);
        var fields = new JsonFields("admin.token", document.RootElement);
        fields.Only("role", "subject", "path", "methods", "seconds");
        var role = fields.Text("role", 64);
        if (!RoleList.Names.Contains(role))
            throw fields.Malformed("role", $"must be one of {string.Join(", ", RoleList.Names)}");
        if (!fields.Any("seconds").TryGetInt64(out var seconds) || seconds < 1 || seconds > MaxLife.TotalSeconds)
            throw fields.Malformed("seconds", $"must be 1 to {MaxLife.TotalSeconds}");

        var path = fields.FindText("path", 1024) ?? "";
        if (AdminScope.Parse(path) is null)
            throw fields.Malformed("path", AdminScope.Rule);

        return new AdminTokenRequest
        {
            Role = role,
            Subject = ParseSubject(fields),
            Path = path,
            Methods = ParseMethods(fields),
            Life = TimeSpan.FromSeconds(seconds),
        };
    }

    private static string ParseSubject(JsonFields fields)
    {
        var subject = fields.FindText("subject", 128) ?? "unnamed";
        return subject.Length > 0 && subject.All(c => char.IsAsciiLetterOrDigit(c) || "-_.@+".Contains(c, StringComparison.Ordinal))
            ? subject : throw fields.Malformed("subject", "must be of a-z A-Z 0-9 - _ . @ +");
    }

    private static IReadOnlyList<string> ParseMethods(JsonFields fields)
    {
        if (fields.Find("methods") is not { } methods)
            return [];
        if (methods.ValueKind != JsonValueKind.Array || methods.GetArrayLength() is 0 or > 4
            || methods.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String || !s_methods.Contains(item.GetString())))
            throw fields.Malformed("methods", $"must be of {string.Join(", ", s_methods)}");

        return [.. methods.EnumerateArray().Select(item => item.GetString()!)];
    }
}
