using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Nacre.Formats.Jose;

/// <summary>
/// A private key that signs JWTs with the one algorithm of its kind: P-256 with ES256, P-384 with ES384, RSA with RS256
/// (RFC 7518 section 3.1). Safe for concurrent use.
/// </summary>
public sealed class JwtSigningKey : IDisposable
{
    public const string Es384 = "ES384";
    public const string Rs256 = "RS256";
    private const int NewRsaBits = 3072;
    private const int MinRsaBits = 2048;
    private const int MaxIdle = 16;

    // Of an RSA key of 16384 bits.
    private const int MaxSignatureText = 2731;

    private readonly SecretBytes _pkcs8;
    private readonly ConcurrentBag<AsymmetricAlgorithm> _idle = [];

    private JwtSigningKey(SecretBytes pkcs8, AsymmetricAlgorithm key)
    {
        _pkcs8 = pkcs8;
        (Algorithm, var members) = key is RSA rsa ? Describe(rsa) : Describe((ECDsa)key);
        KeyId = Thumbprint(members);
        PublicKey = new JsonObject { ["alg"] = Algorithm, ["kid"] = KeyId };
        foreach (var (name, value) in members)
            PublicKey[name] = value!.DeepClone();
        SubjectPublicKeyInfo = key.ExportSubjectPublicKeyInfo();
        Verification = JwtVerificationKey.FromPem(key.ExportSubjectPublicKeyInfoPem());
        _idle.Add(key);
    }

    /// <summary>What keys can be made for.</summary>
    public static IReadOnlyList<string> Algorithms { get; } = [JsonWebKey.Es256, Es384, Rs256];

    /// <summary>The <c>alg</c> of what it signs.</summary>
    public string Algorithm { get; }

    /// <summary>RFC 7638 thumbprint.</summary>
    public string KeyId { get; }

    /// <summary>The public half as a JWK with <c>alg</c> and <c>kid</c>; do not change it.</summary>
    public JsonObject PublicKey { get; }

    /// <summary>The public half as certificates have it, DER.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    /// <summary>Checks what this key signed.</summary>
    public JwtVerificationKey Verification { get; }

    /// <summary>A new private key in PKCS#8.</summary>
    public static byte[] Generate(string algorithm)
    {
        using AsymmetricAlgorithm key = algorithm switch
        {
            JsonWebKey.Es256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            Es384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            Rs256 => RSA.Create(NewRsaBits),
            _ => throw new ArgumentException($"'{algorithm}' is not one of {string.Join(", ", Algorithms)}", nameof(algorithm)),
        };
        return key.ExportPkcs8PrivateKey();
    }

    /// <summary>Takes over <paramref name="pkcs8"/>.</summary>
    /// <exception cref="CryptographicException">It is no P-256, P-384 or RSA key of at least 2048 bits.</exception>
    public static JwtSigningKey Import(byte[] pkcs8) => new(SecretBytes.Own(pkcs8), ImportKey(pkcs8));

    /// <summary>A key in PEM: PKCS#8, SEC1 or PKCS#1, not encrypted.</summary>
    /// <exception cref="CryptographicException">The text holds no such key.</exception>
    public static JwtSigningKey FromPem(ReadOnlySpan<char> pem)
    {
        foreach (var make in (ReadOnlySpan<Func<AsymmetricAlgorithm>>)[ECDsa.Create, RSA.Create])
        {
            using var key = make();
            try
            {
                key.ImportFromPem(pem);
                return Import(key.ExportPkcs8PrivateKey());
            }
            catch (Exception e) when (e is ArgumentException or CryptographicException)
            {
                // Of the other kind; the last word is below.
            }
        }

        throw new CryptographicException("The text holds no private key in PEM of kind P-256, P-384, or RSA with at least 2048 bits.");
    }

    /// <summary>The token in compact form.</summary>
    /// <param name="header">JSON text that names <see cref="Algorithm"/>.</param>
    /// <param name="payload">JSON text.</param>
    public string Sign(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        var token = new byte[Base64Url.GetEncodedLength(header.Length) + Base64Url.GetEncodedLength(payload.Length) + 2 + MaxSignatureText];
        var length = Base64Url.EncodeToUtf8(header, token);
        token[length++] = (byte)'.';
        length += Base64Url.EncodeToUtf8(payload, token.AsSpan(length));
        var signature = Sign(token.AsSpan(0, length));
        token[length++] = (byte)'.';
        length += Base64Url.EncodeToUtf8(signature, token.AsSpan(length));
        return Encoding.ASCII.GetString(token, 0, length);
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var key))
            key.Dispose();
        _pkcs8.Dispose();
    }

    private byte[] Sign(ReadOnlySpan<byte> input)
    {

        // A key object is used by one thread at a time; making one costs more than a signature.
        var key = _idle.TryTake(out var idle) ? idle : ImportKey(_pkcs8.Reveal());
        try
        {
            var hash = Algorithm == Es384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
            return key is RSA rsa
                ? rsa.SignData(input, hash, RSASignaturePadding.Pkcs1)
                : ((ECDsa)key).SignData(input, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        finally
        {
            if (_idle.Count < MaxIdle)
                _idle.Add(key);
            else
                key.Dispose();
        }
    }

    private static AsymmetricAlgorithm ImportKey(ReadOnlySpan<byte> pkcs8)
    {
        AsymmetricAlgorithm key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return key;
        }
        catch (CryptographicException)
        {
            key.Dispose();
        }

        key = RSA.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static (string Algorithm, JsonObject Members) Describe(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var (curve, algorithm) = point.X!.Length switch
        {
            32 => ("P-256", JsonWebKey.Es256),
            48 => ("P-384", Es384),
            _ => throw new CryptographicException("A key on this curve signs no tokens; use P-256 or P-384."),
        };
        return (algorithm, new JsonObject
        {
            ["crv"] = curve,
            ["kty"] = "EC",
            ["x"] = Base64UrlText.Encode(point.X),
            ["y"] = Base64UrlText.Encode(point.Y!),
        });
    }

    private static (string Algorithm, JsonObject Members) Describe(RSA key)
    {
        if (key.KeySize < MinRsaBits)
            throw new CryptographicException($"An RSA key of {key.KeySize} bits signs no tokens; use at least {MinRsaBits}.");

        var parameters = key.ExportParameters(includePrivateParameters: false);
        return (Rs256, new JsonObject
        {
            ["e"] = Base64UrlText.Encode(parameters.Exponent!),
            ["kty"] = "RSA",
            ["n"] = Base64UrlText.Encode(parameters.Modulus!),
        });
    }

    // RFC 7638 section 3: exactly the members above, in this order, and all of them are base64url or names.
    private static string Thumbprint(JsonObject members) =>
        Base64UrlText.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(members.ToJsonString())));
}
