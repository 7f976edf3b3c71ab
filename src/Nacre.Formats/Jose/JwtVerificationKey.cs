using System.Security.Cryptography;
using System.Text.Json;
using Nacre.Formats.Ciphers;
using Nacre.Formats.Json;
using Nacre.Formats.X509;

namespace Nacre.Formats.Jose;

/// <summary>
/// A public key that checks JWTs of others. The kind of the key says which <c>alg</c> it takes, never the token: an RSA key takes RS256,
/// RS384, PS256 and PS384, P-256, P-384 and P-521 take ES256, ES384 and ES512, Ed25519 takes EdDSA (RFC 7518 section 3.1, RFC 8037). An
/// <c>alg</c> that a JWK has is the only one that it takes. Safe for concurrent use.
/// </summary>
public sealed class JwtVerificationKey
{
    private const int MaxSetBytes = 1024 * 1024;
    private const int MaxKeys = 64;

    // SubjectPublicKeyInfo of Ed25519 up to the key (RFC 8410, section 4).
    private static readonly byte[] s_ed25519 = Convert.FromHexString("302a300506032b6570032100");

    private readonly byte[]? _ed25519;
    private readonly VerificationKey? _key;

    private readonly string? _algorithm;

    private JwtVerificationKey(byte[]? ed25519, VerificationKey? key, string? keyId, string? algorithm = null) =>
        (_ed25519, _key, KeyId, _algorithm) = (ed25519, key, keyId, algorithm);

    /// <summary>The <c>kid</c> of a key from a set; null when it has none.</summary>
    public string? KeyId { get; }

    /// <exception cref="MalformedDataException">It is no public key in PEM, or of a kind that is not accepted.</exception>
    public static JwtVerificationKey FromPem(string pem)
    {
        var der = PemPublicKey.Decode(pem);
        return der.AsSpan().StartsWith(s_ed25519) && der.Length == s_ed25519.Length + Ed25519.KeySize
            ? new(der[s_ed25519.Length..], null, null) : new(null, VerificationKey.Import(der), null);
    }

    /// <summary>The keys of a JWK set (RFC 7517 section 5) that check signatures; others are passed over.</summary>
    /// <exception cref="MalformedDataException">It is no such set, has none, or a key in it is broken.</exception>
    public static IReadOnlyList<JwtVerificationKey> ParseSet(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "jwks", MaxSetBytes);
        var fields = new JsonFields("jwks", document.RootElement);
        var array = fields.Any("keys");
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() > MaxKeys)
            throw fields.Malformed("keys", $"must be an array of at most {MaxKeys} keys");

        var keys = array.EnumerateArray()
            .Select(element => Parse(new JsonFields("jwks.keys", element))).OfType<JwtVerificationKey>().ToList();
        return keys.Count > 0 ? keys : throw fields.Malformed("keys", "must have a key of kind EC, RSA or OKP that checks signatures");
    }

    /// <summary>One key, such as the <c>jwk</c> of a header (RFC 7515 section 4.1.3).</summary>
    /// <exception cref="MalformedDataException">It is broken, or of a kind that checks no signatures.</exception>
    public static JwtVerificationKey FromJwk(JsonFields fields) =>
        Parse(fields) ?? throw fields.Malformed("kty", "must be a key of kind EC, RSA or OKP that checks signatures");

    internal bool Verify(string algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        if (_algorithm is not null && _algorithm != algorithm)
            return false;
        if (_ed25519 is not null)
            return algorithm == "EdDSA" && Ed25519.Verify(_ed25519, signed, signature);

        return (algorithm, _key!.Kind) switch
        {
            ("ES256", "P-256") => _key.VerifyEcdsa(HashAlgorithmName.SHA256, signed, signature),
            ("ES384", "P-384") => _key.VerifyEcdsa(HashAlgorithmName.SHA384, signed, signature),
            ("ES512", "P-521") => _key.VerifyEcdsa(HashAlgorithmName.SHA512, signed, signature),
            ("RS256", _) => _key.Verify(new(SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA256), signed, signature),
            ("PS256", _) => _key.Verify(new(SignatureScheme.RsaPss, HashAlgorithmName.SHA256), signed, signature),
            ("RS384", _) => _key.Verify(new(SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA384), signed, signature),
            ("PS384", _) => _key.Verify(new(SignatureScheme.RsaPss, HashAlgorithmName.SHA384), signed, signature),
            _ => false,
        };
    }

    private static JwtVerificationKey? Parse(JsonFields fields)
    {
        if (fields.FindText("use", 16) is { } use && use != "sig")
            return null;

        var keyId = fields.FindText("kid", 256);
        var algorithm = fields.FindText("alg", 32);
        return fields.Text("kty", 16) switch
        {
            "OKP" when fields.Text("crv", 16) == "Ed25519" => new(Exactly(fields, "x", Ed25519.KeySize), null, keyId, algorithm),
            "EC" => new(null, Point(fields), keyId, algorithm),
            "RSA" => new(null, Rsa(fields), keyId, algorithm),
            _ => null,
        };
    }

    private static VerificationKey Point(JsonFields fields)
    {
        var (curve, size) = fields.Text("crv", 16) switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48),
            "P-521" => (ECCurve.NamedCurves.nistP521, 66),
            var other => throw fields.Malformed("crv", $"'{other}' is not one of P-256, P-384, P-521"),
        };
        return VerificationKey.FromPoint(curve, Exactly(fields, "x", size), Exactly(fields, "y", size));
    }

    private static VerificationKey Rsa(JsonFields fields)
    {
        try
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = fields.Base64Url("n", 1024), Exponent = fields.Base64Url("e", 4) });
            return VerificationKey.Import(rsa.ExportSubjectPublicKeyInfo());
        }
        catch (CryptographicException e)
        {
            throw new MalformedDataException("jwks.keys", "n", 0, "is no RSA key", e);
        }
    }

    private static byte[] Exactly(JsonFields fields, string name, int size)
    {
        var bytes = fields.Base64Url(name, size);
        return bytes.Length == size ? bytes : throw fields.Malformed(name, $"must be {size} bytes, is {bytes.Length}");
    }
}
