using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Ciphers;
using Nacre.Images.Oci;

namespace Nacre.Images.Signatures;

/// <summary>
/// cosign's encrypted private keys (sigstore/sigstore, pkg/cryptoutils, and secure-systems-lab's encrypted form): PEM around JSON that
/// names scrypt's parameters, and a NaCl secret box with the key in PKCS#8.
/// </summary>
public static class CosignPrivateKey
{
    private const int MaxBox = 16 * 1024;
    private static readonly string[] s_labels = ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"];

    public static bool IsEncrypted(string pem) => PemEncoding.TryFind(pem, out var fields) && s_labels.Contains(pem[fields.Label]);

    /// <returns>The key in PKCS#8.</returns>
    /// <exception cref="ImageException">It is no such key, or the password is wrong.</exception>
    public static SecretBytes Decrypt(string pem, SecretBytes password, string where)
    {
        if (!IsEncrypted(pem))
            throw OciJson.Malformed($"the key is no '{s_labels[0]}'", where);

        var json = OciJson.Parse(Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]), where);
        var kdf = OciJson.Object(json, "kdf", where);
        var cipher = OciJson.Object(json, "cipher", where);
        Require(kdf, "scrypt", where);
        Require(cipher, "nacl/secretbox", where);
        var parameters = OciJson.Object(kdf, "params", where);
        var cost = (OciJson.Number(parameters, "N", where), OciJson.Number(parameters, "r", where), OciJson.Number(parameters, "p", where));
        using var key = Derive(password, Bytes(kdf, "salt", where), cost, where);
        return SecretBox.Open(key, Bytes(cipher, "nonce", where), Bytes(json, "ciphertext", where))
            ?? throw new ImageException(ImageFault.KeyUnavailable, "the private key does not open with this password", where,
                "give the password of 'cosign generate-key-pair' in COSIGN_PASSWORD");
    }

    private static SecretBytes Derive(SecretBytes password, byte[] salt, (long N, long R, long P) cost, string where)
    {
        try
        {
            return Scrypt.Derive(password, salt, cost, SecretBox.KeySize);
        }
        catch (MalformedDataException e)
        {
            throw new ImageException(ImageFault.Malformed, e.Message, where, "make another with 'cosign generate-key-pair'", e);
        }
    }

    private static void Require(JsonObject owner, string name, string where)
    {
        if (OciJson.Text(owner, "name", where) is var found && found != name)
            throw OciJson.Malformed($"the key is encrypted with '{found}', must be '{name}'", where);
    }

    private static byte[] Bytes(JsonObject owner, string member, string where)
    {
        var text = OciJson.Text(owner, member, where);
        var bytes = new byte[Math.Min(text.Length, MaxBox)];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : throw OciJson.Malformed($"'{member}' must be base64 of at most {MaxBox} bytes", where);
    }
}
