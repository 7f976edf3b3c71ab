using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats.Jose;
using Nacre.Images.Oci;

namespace Nacre.Images.Encryption;

/// <summary>
/// JWE in JSON (RFC 7516 7.2) as ocicrypt uses it: A256GCM, the key for one or several recipients by RSA-OAEP, RSA-OAEP-256 or
/// ECDH-ES+A256KW (RFC 7518 4.3 and 4.6).
/// </summary>
internal static class JweMessage
{
    private const string Where = "JWE key packet";
    private const string Encryption = "A256GCM";
    private const string EcAlgorithm = "ECDH-ES+A256KW";
    private const string RsaAlgorithm = "RSA-OAEP";
    private const int KeySize = 32;
    private const int TagSize = 16;
    private const int MostRecipients = 16;

    public static byte[] Encrypt(AsymmetricAlgorithm recipient, ReadOnlySpan<byte> plaintext)
    {
        var contentKey = RandomNumberGenerator.GetBytes(KeySize);
        try
        {
            var header = new JsonObject { ["alg"] = recipient is RSA ? RsaAlgorithm : EcAlgorithm, ["enc"] = Encryption };
            // OAEP with SHA-1 is what every ocicrypt reads; SHA-1's weakness does not touch OAEP.
            var encryptedKey = recipient switch
            {
                RSA rsa => rsa.Encrypt(contentKey, RSAEncryptionPadding.OaepSHA1),
                ECDiffieHellman ec => WrapForEc(ec, contentKey, header),
                _ => throw new NotSupportedException(),
            };
            var aad = Base64UrlText.Encode(Encoding.UTF8.GetBytes(header.ToJsonString()));
            var (iv, cipher, tag) = (RandomNumberGenerator.GetBytes(12), new byte[plaintext.Length], new byte[TagSize]);
            using var gcm = new AesGcm(contentKey, TagSize);
            gcm.Encrypt(iv, plaintext, cipher, tag, Encoding.ASCII.GetBytes(aad));
            return Encoding.UTF8.GetBytes(new JsonObject
            {
                ["protected"] = aad,
                ["encrypted_key"] = Base64UrlText.Encode(encryptedKey),
                ["iv"] = Base64UrlText.Encode(iv),
                ["ciphertext"] = Base64UrlText.Encode(cipher),
                ["tag"] = Base64UrlText.Encode(tag),
            }.ToJsonString());
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }

    /// <summary>Null when no recipient is <paramref name="key"/>; the caller zeroes the result.</summary>
    public static byte[]? Decrypt(AsymmetricAlgorithm key, ReadOnlySpan<byte> json)
    {
        var message = OciJson.Parse(json, Where);
        var aad = OciJson.Text(message, "protected", Where);
        var shared = OciJson.Parse(Bytes(message, "protected"), Where);
        if (shared.ContainsKey("crit") || shared.ContainsKey("zip"))
            throw new ImageException(ImageFault.Unsupported, "a JWE with 'crit' or 'zip'", Where, "encrypt the image with ocicrypt");

        IEnumerable<JsonObject> recipients = message.ContainsKey("recipients") ? OciJson.Objects(message, "recipients", MostRecipients, Where) : [message];
        foreach (var recipient in recipients)
        {
            var own = OciJson.FindObject(recipient, "header", Where);
            var encryption = OciJson.FindText(shared, "enc", Where) ?? OciJson.Text(own ?? [], "enc", Where);
            if (encryption != Encryption)
                throw new ImageException(ImageFault.Unsupported, $"JWE encryption '{encryption}'", Where, $"{Encryption} is known");

            var contentKey = UnwrapKey(key, shared, own, Bytes(recipient, "encrypted_key"));
            if (contentKey is not { Length: KeySize })
                continue;

            var plaintext = Open(contentKey, message, aad);
            CryptographicOperations.ZeroMemory(contentKey);
            if (plaintext is not null)
                return plaintext;
        }

        return null;
    }

    private static byte[]? Open(byte[] contentKey, JsonObject message, string aad)
    {
        var (iv, cipher, tag) = (Bytes(message, "iv"), Bytes(message, "ciphertext"), Bytes(message, "tag"));
        if (iv.Length != 12 || tag.Length != TagSize)
            throw OciJson.Malformed("'iv' must have 12 bytes and 'tag' 16", Where);

        var plaintext = new byte[cipher.Length];
        try
        {
            using var gcm = new AesGcm(contentKey, TagSize);
            gcm.Decrypt(iv, cipher, tag, plaintext, Encoding.ASCII.GetBytes(aad));
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[]? UnwrapKey(AsymmetricAlgorithm key, JsonObject shared, JsonObject? own, byte[] encryptedKey)
    {
        var algorithm = OciJson.FindText(shared, "alg", Where) ?? OciJson.Text(own ?? [], "alg", Where);
        try
        {
            return (key, algorithm) switch
            {
                (RSA rsa, RsaAlgorithm) => rsa.Decrypt(encryptedKey, RSAEncryptionPadding.OaepSHA1),
                (RSA rsa, "RSA-OAEP-256") => rsa.Decrypt(encryptedKey, RSAEncryptionPadding.OaepSHA256),
                (ECDiffieHellman ec, EcAlgorithm) => UnwrapForEc(
                    ec, OciJson.FindObject(shared, "epk", Where) ?? OciJson.Object(own ?? [], "epk", Where), encryptedKey),
                _ => null,
            };
        }
        catch (CryptographicException)
        {
            // For somebody else.
            return null;
        }
    }

    private static byte[] WrapForEc(ECDiffieHellman recipient, byte[] contentKey, JsonObject header)
    {
        var curve = recipient.ExportParameters(includePrivateParameters: false).Curve;
        using var ephemeral = ECDiffieHellman.Create(curve);
        var point = ephemeral.ExportParameters(includePrivateParameters: false).Q;
        header["epk"] = new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = $"P-{recipient.KeySize}",
            ["x"] = Base64UrlText.Encode(point.X),
            ["y"] = Base64UrlText.Encode(point.Y),
        };
        return AesKeyWrap.Wrap(Agree(ephemeral, recipient.PublicKey), contentKey);
    }

    private static byte[]? UnwrapForEc(ECDiffieHellman key, JsonObject epk, byte[] encryptedKey)
    {
        if (OciJson.Text(epk, "crv", Where) != $"P-{key.KeySize}")
            return null;

        // Importing checks that the point is on the curve.
        using var sender = ECDiffieHellman.Create(new ECParameters
        {
            Curve = key.ExportParameters(includePrivateParameters: false).Curve,
            Q = new() { X = Bytes(epk, "x"), Y = Bytes(epk, "y") },
        });
        return AesKeyWrap.Unwrap(Agree(key, sender.PublicKey), encryptedKey);
    }

    private static byte[] Agree(ECDiffieHellman own, ECDiffieHellmanPublicKey other)
    {
        var secret = own.DeriveRawSecretAgreement(other);
        var key = ConcatKdf.Derive256(secret, EcAlgorithm);
        CryptographicOperations.ZeroMemory(secret);
        return key;
    }

    private static byte[] Bytes(JsonObject owner, string member) =>
        Base64UrlText.TryDecode(OciJson.Text(owner, member, Where), out var bytes) ? bytes : throw OciJson.Malformed($"'{member}' is not base64url", Where);
}
