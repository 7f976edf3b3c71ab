using System.Text.Json;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Tenants;

namespace Nacre.KeyBroker.Admin;

/// <summary>Somebody whose signed tokens are taken from administrators, as upstream's identity providers (trust.md 2.10).</summary>
/// <param name="Keys">Any of them may have signed.</param>
public sealed record AdminIssuer(IReadOnlyList<JwtVerificationKey> Keys) : IAdminTokenSource
{
    private const int MaxNames = 16;

    /// <summary>What <c>iss</c> must be; null takes any.</summary>
    public string? Issuer { get; init; }

    /// <summary>What <c>aud</c> must have; null takes any.</summary>
    public string? Audience { get; init; }

    /// <summary>Where the role stands.</summary>
    public AdminRoleClaim RoleClaim { get; init; } = AdminRoleClaim.Default;

    /// <summary>How far the clocks of the issuer and of this server may be apart.</summary>
    public TimeSpan Leeway { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What <c>typ</c> in the header must be; null takes any.</summary>
    internal string? Type { get; init; }

    public ValueTask<(AdminIdentity? Identity, string? Problem)> ReadAsync(
        JsonWebToken token, DateTimeOffset now, CancellationToken cancel) =>
        ValueTask.FromResult(Read(token, now));

    /// <summary>Null and no problem when another signed it; null and a problem when it is this issuer's and not good.</summary>
    internal (AdminIdentity? Identity, string? Problem) Read(JsonWebToken token, DateTimeOffset now)
    {
        if (!Keys.Any(key => token.Verify(key, Type)))
            return (null, null);

        using var document = StrictJson.Parse(token.Payload, "admin token", JsonWebToken.MaxLength);
        var fields = new JsonFields("admin token", document.RootElement);
        if (!TryTime(fields.Any("exp"), out var expires))
            return (null, "exp is no time");
        if (now >= expires + Leeway)
            return (null, "the token has expired");
        if (fields.Find("nbf") is { } begin && (!TryTime(begin, out var notBefore) || now + Leeway < notBefore))
            return (null, "the token is not valid yet");
        if (Issuer is not null && fields.FindText("iss", 1024) != Issuer)
            return (null, $"iss is not {Issuer}");
        if (Audience is not null && !Names(fields, "aud").Contains(Audience))
            return (null, $"aud has no {Audience}");

        if (RoleClaim.Read(fields) is not { } role)
            return (null, $"{string.Join('/', RoleClaim.Path)} has nothing that is a role here");

        var subject = fields.FindText("sub", 256);
        var name = string.Join(' ', ((string?[])[role, subject, fields.FindText("jti", 128)]).OfType<string>());
        return (new AdminIdentity(role, name)
        {
            Scope = AdminScope.Parse(fields.FindText("path", 1024) ?? "") ?? throw fields.Malformed("path", AdminScope.Rule),
            Methods = Names(fields, "methods"),
            Subject = subject is null ? null : $"{fields.FindText("iss", 1024)} {subject}",
            Tenant = fields.FindText("tenant", TenantName.MaxLength),
            Expires = expires,
        }, null);
    }

    private static bool TryTime(JsonElement value, out DateTimeOffset time)
    {
        var isTime = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds)
            && seconds is >= 0 and < 100_000_000_000;
        time = isTime ? DateTimeOffset.UnixEpoch.AddSeconds(Math.Floor(value.GetDouble())) : default;
        return isTime;
    }

    private static IReadOnlyList<string> Names(JsonFields fields, string name) => fields.Find(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } => [fields.Text(name, 1024)],
        { ValueKind: JsonValueKind.Array } array when array.GetArrayLength() <= MaxNames
            && array.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                [.. array.EnumerateArray().Select(item => item.GetString()!)],
        _ => throw fields.Malformed(name, $"must be a string or an array of at most {MaxNames} strings"),
    };
}

/// <summary>The path that a token is limited to.</summary>
internal static class AdminScope
{
    public const string Rule = "must be names with single slashes between, such as default/ or default/key";

    /// <summary>Its segments; none for an empty text; null when it is no path.</summary>
    public static IReadOnlyList<string>? Parse(string text)
    {
        var path = text.EndsWith('/') ? text[..^1] : text;
        if (text.Length == 0)
            return [];

        var segments = path.Split('/');
        return Array.Exists(segments, segment => segment is "" or "." or "..") ? null : segments;
    }
}
