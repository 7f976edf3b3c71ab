using System.Text.Json;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Admin;

/// <summary>Where a token says what its bearer is, and what that means here.</summary>
/// <param name="Path">Members to follow from the claims; the last is a string or an array of strings.</param>
/// <param name="Map">Values and the role of each, the first that fits counts; empty: the value is the role.</param>
public sealed record AdminRoleClaim(IReadOnlyList<string> Path, IReadOnlyList<(string Value, string Role)> Map)
{
    private const int MaxValues = 256;
    private const int MaxLength = 256;

    /// <summary>As upstream: <c>role</c>, a string that is the role.</summary>
    public static AdminRoleClaim Default { get; } = new(["role"], []);

    /// <summary>The name of a claim, or a JSON pointer (RFC 6901) such as <c>/realm_access/roles</c>; null when it is neither.</summary>
    public static IReadOnlyList<string>? ParsePath(string text)
    {
        if (!text.StartsWith('/'))
            return text.Length > 0 ? [text] : null;

        var parts = text[1..].Split('/');
        return Array.Exists(parts, part => part.Length == 0) ? null
            : [.. parts.Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }

    /// <summary>Null when the token names none that means something here.</summary>
    /// <exception cref="Formats.MalformedDataException">The claim is missing or of another kind.</exception>
    internal string? Read(JsonFields claims)
    {
        var fields = claims;
        foreach (var member in Path.SkipLast(1))
            fields = fields.Object(member);

        var values = Values(fields, Path[^1]);
        if (Map.Count > 0)
            return Map.FirstOrDefault(entry => values.Contains(entry.Value)).Role;
        return values.Count == 1 ? values[0] : values.FirstOrDefault(RoleList.Names.Contains);
    }

    private static List<string> Values(JsonFields fields, string name)
    {
        if (fields.Any(name).ValueKind != JsonValueKind.Array)
            return [fields.Text(name, MaxLength)];

        var values = new List<string>();
        foreach (var item in fields.Array(name, MaxValues))
        {
            if (item.ValueKind != JsonValueKind.String || item.GetString()!.Length > MaxLength)
                throw fields.Malformed(name, $"must be strings of at most {MaxLength} characters");
            values.Add(item.GetString()!);
        }

        return values;
    }
}
