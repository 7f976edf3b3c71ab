using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.Rego.Builtins;

/// <summary>A key for tokens: from a certificate, a public key, or a JWK.</summary>
/// <param name="Algorithm">What the JWK says it is for; null if it says nothing.</param>
/// <param name="Id">Its <c>kid</c>.</param>
/// <param name="Parameters">RSA, elliptic curve, or raw bytes of a secret or of an Ed25519 key.</param>
internal sealed record JwtKey(string? Algorithm, string? Id, object Parameters)
{
    /// <summary>Ed25519: the public half and, if there is one, the seed.</summary>
    public sealed record Edwards(byte[] Public, byte[]? Seed);

    public sealed record Secret(byte[] Bytes);

    /// <summary>PEM with one block, a JWK, or a set of them.</summary>
    public static List<JwtKey> FromCertificateOrJwk(string text)
    {
        if (!PemEncoding.TryFind(text, out var fields))
            return FromJwkSet(text);
        if (text[fields.Location.End..].Trim().Length > 0)
            throw new RegoBuiltinException("extra data after a PEM certificate block");

        var der = Convert.FromBase64String(text[fields.Base64Data]);
        switch (text[fields.Label])
        {
            case "CERTIFICATE":
                try
                {
                    using var certificate = X509CertificateLoader.LoadCertificate(der);
                    return [new JwtKey(null, null, FromPublicKey(certificate.PublicKey.ExportSubjectPublicKeyInfo()))];
                }
                catch (CryptographicException)
                {
                    throw new RegoBuiltinException("failed to parse a PEM certificate: x509: malformed certificate");
                }

            case "PUBLIC KEY":
                return [new JwtKey(null, null, FromPublicKey(der))];
            default:
                throw new RegoBuiltinException("failed to extract a Key from the PEM certificate");
        }
    }

    public static List<JwtKey> FromJwkSet(string text)
    {
        RegoValue parsed;
        try
        {
            parsed = RegoValue.Parse(text);
        }
        catch (RegoException e)
        {
            throw new RegoBuiltinException("failed to parse a JWK key (set): " + e.Errors[0].Message);
        }

        if (parsed is not RegoObject set)
            throw new RegoBuiltinException("failed to parse a JWK key (set): not an object");
        var keys = set["keys"] is RegoArray array ? array.Items : [set];
        return [.. keys.Select(FromJwk).OfType<JwtKey>()];
    }

    private static JwtKey? FromJwk(RegoValue value)
    {
        if (value is not RegoObject jwk)
            throw new RegoBuiltinException("failed to parse a JWK key (set): a key is not an object");

        var algorithm = Text(jwk, "alg");
        if (algorithm is not null && !JwtAlgorithm.IsKnown(algorithm))
            return null;

        object parameters = Text(jwk, "kty") switch
        {
            "oct" => new Secret(Bytes(jwk, "k")),
            "RSA" => Rsa(jwk),
            "EC" => Curve(jwk),
            "OKP" => new Edwards(Bytes(jwk, "x"), jwk["d"] is null ? null : Bytes(jwk, "d")),
            var other => throw new RegoBuiltinException($"failed to parse a JWK key (set): invalid key type {other}"),
        };
        return new JwtKey(algorithm, Text(jwk, "kid"), parameters);
    }

    private static RSAParameters Rsa(RegoObject jwk)
    {
        var parameters = new RSAParameters { Modulus = Bytes(jwk, "n"), Exponent = Bytes(jwk, "e") };
        if (jwk["d"] is null)
            return parameters;

        var half = (parameters.Modulus.Length + 1) / 2;
        parameters.D = Padded(Bytes(jwk, "d"), parameters.Modulus.Length);
        parameters.P = Padded(Bytes(jwk, "p"), half);
        parameters.Q = Padded(Bytes(jwk, "q"), half);
        parameters.DP = Padded(Bytes(jwk, "dp"), half);
        parameters.DQ = Padded(Bytes(jwk, "dq"), half);
        parameters.InverseQ = Padded(Bytes(jwk, "qi"), half);
        return parameters;
    }

    private static ECParameters Curve(RegoObject jwk)
    {
        var (curve, size) = Text(jwk, "crv") switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48),
            "P-521" => (ECCurve.NamedCurves.nistP521, 66),
            var other => throw new RegoBuiltinException($"failed to parse a JWK key (set): unknown curve {other}"),
        };
        return new ECParameters
        {
            Curve = curve,
            Q = new ECPoint { X = Padded(Bytes(jwk, "x"), size), Y = Padded(Bytes(jwk, "y"), size) },
            D = jwk["d"] is null ? null : Padded(Bytes(jwk, "d"), size),
        };
    }

    private static object FromPublicKey(byte[] info)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(info, out _);
            return rsa.ExportParameters(includePrivateParameters: false);
        }
        catch (CryptographicException)
        {
            try
            {
                using var curve = ECDsa.Create();
                curve.ImportSubjectPublicKeyInfo(info, out _);
                return curve.ExportParameters(includePrivateParameters: false);
            }
            catch (CryptographicException)
            {
                // RFC 8410: the last 32 bytes are the key.
                return info.Length == 44 ? new Edwards(info[12..], null) : throw new RegoBuiltinException("failed to parse a PEM public key: unknown kind of key");
            }
        }
    }

    private static byte[] Padded(byte[] bytes, int length) =>
        bytes.Length >= length ? bytes[^length..] : [.. new byte[length - bytes.Length], .. bytes];

    private static string? Text(RegoObject jwk, string name) => (jwk[name] as RegoString)?.Value;

    private static byte[] Bytes(RegoObject jwk, string name) => Text(jwk, name) is { } text
        ? GoBase64.Decode(text.TrimEnd('='), url: true, padded: false)
        : throw new RegoBuiltinException($"failed to parse a JWK key (set): required field {name} is missing");
}
