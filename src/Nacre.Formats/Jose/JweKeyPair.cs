using System.Security.Cryptography;
using Nacre.Formats.Json;

namespace Nacre.Formats.Jose;

public enum JweKeyKind
{
    EcP256,
    EcP521,
    Rsa2048,
}

/// <summary>The key pair of a guest: its public half is bound into the evidence, and secrets are encrypted to it (trust.md 1.6).</summary>
public sealed class JweKeyPair : IDisposable
{
    private readonly ECDiffieHellman? _ec;
    private readonly RSA? _rsa;

    private JweKeyPair(ECDiffieHellman ec)
    {
        _ec = ec;
        PublicKey = EcJwk.From(ec.ExportParameters(includePrivateParameters: false), JsonWebKey.EcdhEsA256Kw);
    }

    private JweKeyPair(RSA rsa)
    {
        _rsa = rsa;
        var key = rsa.ExportParameters(includePrivateParameters: false);
        PublicKey = new RsaJwk(key.Modulus!, key.Exponent!, JsonWebKey.RsaOaep256);
    }

    public JsonWebKey PublicKey { get; }

    public static JweKeyPair Create(JweKeyKind kind = JweKeyKind.EcP256) => kind switch
    {
        JweKeyKind.EcP256 => new(ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256)),
        JweKeyKind.EcP521 => new(ECDiffieHellman.Create(ECCurve.NamedCurves.nistP521)),
        _ => new(RSA.Create(2048)),
    };

    /// <summary>PKCS#8 (EC, RSA) or PKCS#1 (RSA) in PEM, as upstream's agent hands a key over (guest.md 2.4).</summary>
    /// <exception cref="CryptographicException">The text holds no key of a kind that is used here.</exception>
    public static JweKeyPair FromPem(ReadOnlySpan<char> pem)
    {
        if (pem.Contains("RSA PRIVATE KEY", StringComparison.Ordinal))
            return FromRsa(pem);

        var ec = ECDiffieHellman.Create();
        try
        {
            ec.ImportFromPem(pem);
            return new JweKeyPair(ec);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            ec.Dispose();
            return FromRsa(pem);
        }
    }

    /// <summary>The private key in PEM, as bytes so that it can be erased.</summary>
    public SecretBytes ExportPem() => SecretBytes.Own(System.Text.Encoding.ASCII.GetBytes(
        _ec is not null ? _ec.ExportPkcs8PrivateKeyPem() : _rsa!.ExportRSAPrivateKeyPem()));

    internal byte[] UnwrapContentKey(JsonFields header, byte[] encryptedKey)
    {
        var algorithm = header.Text("alg", 32);
        if (algorithm != PublicKey.Algorithm)
            throw header.Malformed("alg", $"is '{algorithm}', this key is for {PublicKey.Algorithm}");

        var contentKey = _rsa is not null ? _rsa.Decrypt(encryptedKey, RSAEncryptionPadding.OaepSHA256) : UnwrapWithEc(header, encryptedKey);
        return contentKey.Length == 32 ? contentKey : throw new CryptographicException("The content key has the wrong length.");
    }

    private byte[] UnwrapWithEc(JsonFields header, byte[] encryptedKey)
    {
        var mine = (EcJwk)PublicKey;
        var epk = header.Object("epk");
        if (epk.Text("kty", 8) != "EC" || epk.Text("crv", 16) != mine.Curve)
            throw epk.Malformed("crv", $"must be {mine.Curve}, the curve of this key");

        var size = EcJwk.CoordinateSize(mine.Curve);
        var point = new EcJwk(mine.Curve, epk.Base64Url("x", size), epk.Base64Url("y", size), mine.Algorithm);
        using var theirs = ECDiffieHellman.Create(point.ToParameters());
        using var theirPublic = theirs.PublicKey;
        var shared = _ec!.DeriveRawSecretAgreement(theirPublic);
        var wrappingKey = ConcatKdf.Derive256(shared, JsonWebKey.EcdhEsA256Kw);
        CryptographicOperations.ZeroMemory(shared);
        var contentKey = AesKeyWrap.Unwrap(wrappingKey, encryptedKey);
        CryptographicOperations.ZeroMemory(wrappingKey);
        return contentKey ?? throw new CryptographicException("The content key was not wrapped for this key.");
    }

    private static JweKeyPair FromRsa(ReadOnlySpan<char> pem)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            return new JweKeyPair(rsa);
        }
        catch (ArgumentException e)
        {
            rsa.Dispose();
            throw new CryptographicException("The text holds no EC or RSA private key in PEM.", e);
        }
    }

    public void Dispose()
    {
        _ec?.Dispose();
        _rsa?.Dispose();
    }
}
