using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Encryption;

/// <summary>The annotation <c>org.opencontainers.image.enc.pubopts</c>, after base64 (guest.md 5.1).</summary>
public sealed record PublicLayerOptions(byte[] Mac)
{
    public const string Annotation = "org.opencontainers.image.enc.pubopts";
    private const int Largest = 16 * 1024;

    public string ToAnnotation()
    {
        var json = new JsonObject
        {
            ["cipher"] = LayerCipher.Name,
            ["hmac"] = Convert.ToBase64String(Mac),
            ["cipheroptions"] = new JsonObject(),
        };
        return Convert.ToBase64String(OciJson.Utf8(json));
    }

    public static PublicLayerOptions Parse(string annotation, string where)
    {
        if (annotation.Length > Largest)
            throw OciJson.Malformed($"{Annotation} is longer than {Largest} characters", where);

        var json = OciJson.Parse(Base64.Decode(annotation, Annotation, where), where);
        var cipher = OciJson.Text(json, "cipher", where);
        if (cipher != LayerCipher.Name)
            throw new ImageException(ImageFault.Unsupported, $"the layer cipher '{cipher}'", where, $"encrypt the image with {LayerCipher.Name}");

        // A public nonce would override the secret one in other readers; who may write annotations must not choose it.
        if (OciJson.FindObject(json, "cipheroptions", where) is { } options && options.ContainsKey("nonce"))
            throw OciJson.Malformed("the nonce stands in the public options", where);

        var mac = Base64.Decode(OciJson.Text(json, "hmac", where), "hmac", where);
        return mac.Length == LayerCipher.MacSize ? new(mac) : throw OciJson.Malformed($"'hmac' must have {LayerCipher.MacSize} bytes", where);
    }
}

/// <summary>The secret that is wrapped for each recipient: key and nonce of one layer, and a digest of what the writer began with.</summary>
public sealed class PrivateLayerOptions : IDisposable
{
    private readonly byte[] _key;
    private readonly byte[] _nonce;

    private PrivateLayerOptions(byte[] key, byte[] nonce, Digest? digest) => (_key, _nonce, PlaintextDigest) = (key, nonce, digest);

    public ReadOnlySpan<byte> Key => _key;
    public ReadOnlySpan<byte> Nonce => _nonce;

    /// <summary>What the writer says of the blob it began with, which it may have compressed before it encrypted it; null when left empty.</summary>
    public Digest? PlaintextDigest { get; }

    public static PrivateLayerOptions Create(Digest plaintext) => new(
        RandomNumberGenerator.GetBytes(LayerCipher.KeySize), RandomNumberGenerator.GetBytes(LayerCipher.NonceSize), plaintext);

    /// <summary>The JSON that other implementations read; the caller zeroes it.</summary>
    public byte[] ToJson() => Encoding.UTF8.GetBytes(
        $"{{\"symkey\":\"{Convert.ToBase64String(_key)}\",\"digest\":\"{PlaintextDigest}\","
        + $"\"cipheroptions\":{{\"nonce\":\"{Convert.ToBase64String(_nonce)}\"}}}}");

    public static PrivateLayerOptions Parse(ReadOnlySpan<byte> json, string where)
    {
        var root = OciJson.Parse(json, where);
        var key = Base64.Decode(OciJson.Text(root, "symkey", where), "symkey", where);
        var nonce = Base64.Decode(OciJson.Text(OciJson.Object(root, "cipheroptions", where), "nonce", where), "nonce", where);
        if (key.Length != LayerCipher.KeySize || nonce.Length != LayerCipher.NonceSize)
            throw OciJson.Malformed($"the layer's key must have {LayerCipher.KeySize} bytes and its nonce {LayerCipher.NonceSize}", where);

        var digest = OciJson.FindText(root, "digest", where);
        return new(key, nonce, string.IsNullOrEmpty(digest) ? null : OciJson.Digest(root, "digest", where));
    }

    /// <summary>
    /// A value that only the holder of these options can compute, and from which nobody gets the key: HKDF-SHA256 (RFC 5869) of the key with
    /// the nonce as salt, 32 bytes in hex.
    /// </summary>
    /// <param name="purpose">Keeps values for different uses apart.</param>
    public string Fingerprint(string purpose) =>
        Convert.ToHexStringLower(HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, LayerCipher.KeySize, _nonce, Encoding.UTF8.GetBytes(purpose)));

    public override string ToString() => "[secret]";

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        CryptographicOperations.ZeroMemory(_nonce);
    }
}

internal static class Base64
{
    public static byte[] Decode(string text, string field, string where)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw OciJson.Malformed($"'{field}' is not base64", where);
        }
    }
}
