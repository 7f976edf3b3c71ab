using System.Security.Cryptography;
using Nacre.Formats.Json;

namespace Nacre.Formats.Jose;

/// <summary>The key pair of a guest: its public half is bound into the evidence, and secrets are encrypted to it (trust.md 1.6).</summary>
public sealed class JweKeyPair : IDisposable
{
    private readonly ECDiffieHellman? _ec;
    private readonly RSA? _rsa;
    private readonly MLKem? _kem;

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

    internal JweKeyPair(MLKem kem)
    {
        _kem = kem;
        PublicKey = new AkpJwk(kem.ExportEncapsulationKey());
    }

    public JsonWebKey PublicKey { get; }

    /// <exception cref="PlatformNotSupportedException"><see cref="JweKeyKinds.FindProblem"/> of the kind is not null.</exception>
    public static JweKeyPair Create(JweKeyKind kind = JweKeyKind.EcP256) => kind switch
    {
        _ when JweKeyKinds.FindProblem(kind) is { } problem => throw new PlatformNotSupportedException(problem),
        JweKeyKind.MlKem768 => new(MLKem.GenerateKey(MLKemAlgorithm.MLKem768)),
        JweKeyKind.EcP256 => new(ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256)),
        JweKeyKind.EcP521 => new(ECDiffieHellman.Create(ECCurve.NamedCurves.nistP521)),
        _ => new(RSA.Create(2048)),
    };

    /// <summary>PKCS#8, or PKCS#1 for RSA, in PEM, as upstream's agent hands a key over (guest.md 2.4).</summary>
    /// <exception cref="CryptographicException">The text holds no key of a kind that is used here.</exception>
    public static JweKeyPair FromPem(ReadOnlySpan<char> pem) =>
        TryImport(ECDiffieHellman.Create(), pem, key => new(key)) ?? TryImport(RSA.Create(), pem, key => new(key))
        ?? (MlKemPem.TryImport(pem) is { } kem ? new JweKeyPair(kem) : null)
        ?? throw new CryptographicException(
            "The text holds no EC, RSA or ML-KEM private key in PEM that can be used here."
            + (MlKemKeyWrap.FindProblem() is { } problem ? $" {problem}." : ""));

    /// <summary>The private key in PEM, as bytes so that it can be erased.</summary>
    public SecretBytes ExportPem() => SecretBytes.Own(System.Text.Encoding.ASCII.GetBytes(
        _ec?.ExportPkcs8PrivateKeyPem() ?? _rsa?.ExportRSAPrivateKeyPem() ?? MlKemPem.Export(_kem!)));

    internal byte[] UnwrapContentKey(JsonFields header, byte[] encryptedKey)
    {
        var algorithm = header.Text("alg", 32);
        if (algorithm != PublicKey.Algorithm)
            throw header.Malformed("alg", $"is '{algorithm}', this key is for {PublicKey.Algorithm}");

        var contentKey = this switch
        {
            { _rsa: { } rsa } => rsa.Decrypt(encryptedKey, RSAEncryptionPadding.OaepSHA256),
            { _kem: { } kem } => UnwrapWithKem(kem, header, encryptedKey),
            _ => UnwrapWithEc(header, encryptedKey),
        };
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
        return contentKey ?? throw NotWrapped();
    }

    private static byte[] UnwrapWithKem(MLKem kem, JsonFields header, byte[] encryptedKey)
    {
        var ciphertext = header.Base64Url("ek", MlKemKeyWrap.CiphertextSize);
        if (ciphertext.Length != MlKemKeyWrap.CiphertextSize)
            throw header.Malformed("ek", $"must be {MlKemKeyWrap.CiphertextSize} bytes, is {ciphertext.Length}");

        return MlKemKeyWrap.Unwrap(kem, ciphertext, encryptedKey) ?? throw NotWrapped();
    }

    private static CryptographicException NotWrapped() => new("The content key was not wrapped for this key.");

    private static JweKeyPair? TryImport<T>(T key, ReadOnlySpan<char> pem, Func<T, JweKeyPair> pair)
        where T : AsymmetricAlgorithm
    {
        try
        {
            key.ImportFromPem(pem);
            return pair(key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            return null;
        }
    }

    public void Dispose()
    {
        _ec?.Dispose();
        _rsa?.Dispose();
        _kem?.Dispose();
    }
}
