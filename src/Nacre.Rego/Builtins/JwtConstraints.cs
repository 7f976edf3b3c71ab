using Nacre.Rego.Json;

namespace Nacre.Rego.Builtins;

/// <summary>What <c>io.jwt.decode_verify</c> is told to hold a token to.</summary>
internal sealed record JwtConstraints(List<JwtKey>? Keys, byte[]? Secret, string? Algorithm, string? Issuer, string? Audience, double Seconds)
{
    public static JwtConstraints Parse(RegoObject given, DateTimeOffset now)
    {
        var constraints = new JwtConstraints(null, null, null, null, null, (now.UtcTicks - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond);
        for (var i = 0; i < given.Count; i++)
        {
            var (name, value) = ((given.KeySpan[i] as RegoString)?.Value, given.ValueSpan[i]);
            constraints = name switch
            {
                "cert" => constraints with { Keys = JwtKey.FromCertificateOrJwk(Text(name, value)) },
                "secret" => constraints with { Secret = GoText.ToBytes(Text(name, value)) },
                "alg" => constraints with { Algorithm = NullIfEmpty(Text(name, value)) },
                "iss" => constraints with { Issuer = NullIfEmpty(Text(name, value)) },
                "aud" => constraints with { Audience = NullIfEmpty(Text(name, value)) },
                "time" => constraints with { Seconds = Time(value) },
                _ => throw new RegoBuiltinException($"unknown token validation constraint: {name}"),
            };
        }

        if (constraints is { Keys: not null, Secret.Length: > 0 })
            throw new RegoBuiltinException("duplicate key constraints");

        return constraints.Keys is null && constraints.Secret is not { Length: > 0 }
            ? throw new RegoBuiltinException("no key constraint")
            : constraints;
    }

    /// <summary>RFC 7519, sections 4.1.1 and 4.1.3 to 4.1.5.</summary>
    public bool Accept(RegoObject claims)
    {
        if (Issuer is not null && (claims["iss"] as RegoString)?.Value != Issuer)
            return false;

        var audience = claims["aud"];
        if (audience is null ? Audience is not null : !HasAudience(audience))
            return false;
        if (claims["exp"] is { } expires && Seconds >= Number("exp", expires))
            return false;

        return claims["nbf"] is not { } notBefore || Seconds >= Number("nbf", notBefore);
    }

    private bool HasAudience(RegoValue audience) => audience switch
    {
        RegoString one => one.Value == (Audience ?? ""),
        RegoArray many => many.Items.Any(item => item is RegoString one && one.Value == (Audience ?? "")),
        _ => false,
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static string Text(string name, RegoValue value) =>
        value is RegoString text ? text.Value : throw new RegoBuiltinException($"{name} constraint: must be a string");

    private static double Time(RegoValue value)
    {
        if (value is not RegoNumber number)
            throw new RegoBuiltinException("token time constraint: must be a number");

        var nanoseconds = number.ToDouble();
        return nanoseconds >= 0 ? nanoseconds / 1e9 : throw new RegoBuiltinException("token time constraint: must not be negative");
    }

    private static double Number(string name, RegoValue value) =>
        value is RegoNumber number ? number.ToDouble() : throw new RegoBuiltinException($"{name} value must be a number");
}
