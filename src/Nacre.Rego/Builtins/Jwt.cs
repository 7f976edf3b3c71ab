using System.Text;
using Nacre.Rego.Json;

namespace Nacre.Rego.Builtins;

/// <summary>JSON web tokens (RFC 7519) in the compact form.</summary>
internal static class Jwt
{
    private const int MaxNested = 8;

    public static readonly Builtin[] List =
    [
        new("io.jwt.decode", 1, (_, a) => Decode(a.Text(0), 0)),
        new("io.jwt.decode_verify", 2, DecodeVerify),
        new("io.jwt.encode_sign", 3, (c, a) => Encode(c, JsonText.WriteGo(a.Object(0)), JsonText.WriteGo(a.Object(1)), JsonText.WriteGo(a.Object(2)))),
        new("io.jwt.encode_sign_raw", 3, (c, a) => Encode(c, a.Text(0), a.Text(1), a.Text(2))),
        .. JwtAlgorithm.Known.Select(name => new Builtin("io.jwt.verify_" + name.ToLowerInvariant(), 2, (_, a) => RegoBool.From(Verify(name, a.Text(0), a.Text(1))))),
    ];

    private sealed record Token(string Header, string Payload, string Signature)
    {
        public byte[] Signed => Encoding.UTF8.GetBytes(Header + "." + Payload);

        public byte[] SignatureBytes => Part("signature", Signature);

        public RegoObject DecodedHeader
        {
            get
            {
                var header = Json(Part("header", Header));
                return header["enc"] is null ? header : throw new RegoBuiltinException("JWT is a JWE object, which is not supported");
            }
        }

        public byte[] PayloadBytes => Part("payload", Payload);

        public static Token Parse(string text)
        {
            if (!text.Contains('.'))
                throw new RegoBuiltinException("encoded JWT had no period separators");
            var parts = text.Split('.');
            return parts.Length == 3
                ? new Token(parts[0], parts[1], parts[2])
                : throw new RegoBuiltinException($"encoded JWT must have 3 sections, found {parts.Length}");
        }

        private static byte[] Part(string name, string text)
        {
            try
            {
                return GoBase64.Decode(text, url: true, padded: text.Contains('='));
            }
            catch (RegoBuiltinException e)
            {
                throw new RegoBuiltinException($"JWT {name} had invalid encoding: {e.Message}");
            }
        }
    }

    private static RegoObject Json(byte[] text)
    {
        try
        {
            return RegoValue.Parse(text) as RegoObject ?? throw new RegoBuiltinException("JWT part is not a JSON object");
        }
        catch (RegoException e)
        {
            throw new RegoBuiltinException(e.Errors[0].Message);
        }
    }

    private static RegoArray Decode(string text, int depth)
    {
        var token = Token.Parse(text);
        var header = token.DecodedHeader;
        var payload = token.PayloadBytes;

        // A token inside a token stands in quotes.
        if (header["cty"] is RegoString { Value: "JWT" } && depth < MaxNested)
            return Decode(GoText.FromBytes(payload).Trim('"', '\''), depth + 1);

        return new RegoArray([header, Json(payload), new RegoString(Convert.ToHexStringLower(token.SignatureBytes))]);
    }

    private static bool Verify(string algorithm, string text, string key)
    {
        var token = Token.Parse(text);
        if (algorithm[0] == 'H')
            return JwtAlgorithm.Verify(algorithm, new JwtKey.Secret(GoText.ToBytes(key)), token.Signed, token.SignatureBytes);

        var keys = JwtKey.FromCertificateOrJwk(key);
        var signature = token.SignatureBytes;
        var header = token.DecodedHeader;
        return VerifyWithAny(algorithm, keys, (header["kid"] as RegoString)?.Value, (header["alg"] as RegoString)?.Value, token.Signed, signature);
    }

    // A key that the token names is the only one tried; otherwise each that may be meant.
    private static bool VerifyWithAny(string algorithm, List<JwtKey> keys, string? id, string? headerAlgorithm, byte[] message, byte[] signature)
    {
        if (!string.IsNullOrEmpty(id) && keys.Find(key => key.Id == id) is { } named)
            return JwtAlgorithm.Verify(algorithm, named.Parameters, message, signature);

        return keys.Exists(key => (key.Algorithm is null || key.Algorithm == headerAlgorithm) && JwtAlgorithm.Verify(algorithm, key.Parameters, message, signature));
    }

    private static RegoArray DecodeVerify(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var constraints = JwtConstraints.Parse(a.Object(1), call.Now);
        var unverified = new RegoArray([RegoBool.False, RegoObject.Empty, RegoObject.Empty]);
        var text = a.Text(0);
        for (var depth = 0; depth < MaxNested; depth++)
        {
            var token = Token.Parse(text);
            var header = token.DecodedHeader;
            if (header["alg"] is not RegoString { Value: var algorithm } || HasUnknownCritical(header)
                || (constraints.Algorithm is not null && constraints.Algorithm != algorithm))
                return unverified;

            var signature = token.SignatureBytes;
            if (!JwtAlgorithm.IsKnown(algorithm)
                || !(constraints.Keys is { } keys
                    ? VerifyWithAny(algorithm, keys, (header["kid"] as RegoString)?.Value, algorithm, token.Signed, signature)
                    : JwtAlgorithm.Verify(algorithm, new JwtKey.Secret(constraints.Secret!), token.Signed, signature)))
                return unverified;

            var payload = token.PayloadBytes;
            if (header["cty"] is RegoString cty && cty.Value.Equals("JWT", StringComparison.OrdinalIgnoreCase))
            {
                text = GoText.FromBytes(payload);
                continue;
            }

            var claims = Json(payload);
            return constraints.Accept(claims) ? new RegoArray([RegoBool.True, header, claims]) : unverified;
        }

        throw new RegoBuiltinException($"JWTs are nested deeper than {MaxNested}");
    }

    // RFC 7515, section 4.1.11.
    private static bool HasUnknownCritical(RegoObject header)
    {
        if (header["crit"] is not { } crit)
            return false;
        if (crit is not RegoArray { Count: > 0 } names)
            throw new RegoBuiltinException("crit: must be a nonempty list");

        return names.Items.Any(name => name is RegoString { Value: not ("alg" or "kid" or "typ" or "cty" or "crit") } && header.Find(name) is not null);
    }

    private static RegoString Encode(BuiltinCall call, string header, string payload, string jwk)
    {
        var keys = JwtKey.FromJwkSet(jwk);
        if (keys.Count == 0)
            throw new RegoBuiltinException("no keys found in JWK set");

        var algorithm = AlgorithmOf(header, out var type);
        if (!JwtAlgorithm.IsKnown(algorithm))
            throw new RegoBuiltinException($"unknown JWS algorithm: {algorithm}");
        if (type is null or "JWT" && !IsJson(payload))
            throw new RegoBuiltinException("type is JWT but payload is not JSON");

        var signed = Base64Url(GoText.ToBytes(header)) + "." + Base64Url(GoText.ToBytes(payload));
        return call.Text(signed + "." + Base64Url(JwtAlgorithm.Sign(algorithm, keys[0].Parameters, Encoding.ASCII.GetBytes(signed))));
    }

    private static string AlgorithmOf(string header, out string? type)
    {
        const string Problem = "missing or invalid 'alg' header: ";
        if (header.Length == 0)
            throw new RegoBuiltinException(Problem + "cannot parse JSON: cannot parse empty string");

        RegoObject? parsed;
        try
        {
            parsed = RegoValue.Parse(header) as RegoObject;
        }
        catch (RegoException e)
        {
            throw new RegoBuiltinException($"{Problem}cannot parse JSON: {e.Errors[0].Message}");
        }

        type = (parsed?["typ"] as RegoString)?.Value;
        return (parsed?["alg"] as RegoString)?.Value ?? throw new RegoBuiltinException(Problem + "jwsbb: header \"alg\" not found");
    }

    private static bool IsJson(string text)
    {
        try
        {
            RegoValue.Parse(text);
            return true;
        }
        catch (RegoException)
        {
            return false;
        }
    }

    private static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
