using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nacre.Formats.Ciphers;
using Nacre.Formats.Json;

namespace Nacre.Formats.Jose;

/// <summary>
/// JWE in the flattened JSON form (RFC 7516 section 7.2.2) with A256GCM, as the KBS releases secrets (trust.md 1.9). The protected header
/// has exactly the members and order that upstream's client rebuilds: <c>alg</c>, <c>enc</c>, then the rest by name.
/// </summary>
public static class JsonWebEncryption
{
    private const int MaxBytes = 64 * 1024 * 1024;
    private const int KeySize = 32;
    private const int IvSize = 12;
    private const int TagSize = 16;

    /// <summary>JSON text in UTF-8, readable only with the private key of <paramref name="recipient"/>.</summary>
    /// <exception cref="MalformedDataException">The key is no point of its curve, or of a kind that this machine cannot use.</exception>
    public static byte[] Encrypt(JsonWebKey recipient, ReadOnlySpan<byte> plaintext)
    {
        var contentKey = RandomNumberGenerator.GetBytes(KeySize);
        try
        {
            return Encrypt(recipient, plaintext, contentKey, RandomNumberGenerator.GetBytes(IvSize), ephemeral: null);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }

    /// <summary>With chosen secrets, so that the vectors of trust.md 1.9 can be reproduced.</summary>
    internal static byte[] Encrypt(
        JsonWebKey recipient, ReadOnlySpan<byte> plaintext, byte[] contentKey, byte[] iv, ECDiffieHellman? ephemeral, MLKem? kem = null)
    {
        var (header, encryptedKey) = recipient switch
        {
            EcJwk ec => WrapForEc(ec, contentKey, ephemeral),
            RsaJwk rsa => ("""{"alg":"RSA-OAEP-256","enc":"A256GCM"}""", WrapForRsa(rsa, contentKey)),
            AkpJwk akp => WrapForAkp(akp, contentKey, kem),
            _ => throw new ArgumentException("is of no kind that can receive", nameof(recipient)),
        };

        var protectedHeader = Base64UrlText.Encode(Encoding.UTF8.GetBytes(header));
        var ciphertext = new byte[plaintext.Length];
        var tag = new byte[TagSize];
        using (var gcm = new AesGcm(contentKey, TagSize))
            gcm.Encrypt(iv, plaintext, ciphertext, tag, Encoding.ASCII.GetBytes(protectedHeader));

        var output = new ArrayBufferWriter<byte>(ciphertext.Length * 4 / 3 + 512);
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("protected"u8, protectedHeader);
        json.WriteString("encrypted_key"u8, Base64UrlText.Encode(encryptedKey));
        json.WriteString("iv"u8, Base64UrlText.Encode(iv));
        json.WriteString("ciphertext"u8, Base64UrlText.Encode(ciphertext));
        json.WriteString("tag"u8, Base64UrlText.Encode(tag));
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The additional data is the received <c>protected</c> string itself, never a re-encoding of the header.</summary>
    /// <exception cref="MalformedDataException">The text is no such JWE.</exception>
    /// <exception cref="CryptographicException">It was not made for this key, or was changed.</exception>
    public static SecretBytes Decrypt(JweKeyPair key, ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "jwe", MaxBytes);
        var jwe = new JsonFields("jwe", document.RootElement);
        var protectedText = jwe.Text("protected", 8192);
        if (!Base64UrlText.TryDecode(protectedText, out var headerBytes))
            throw jwe.Malformed("protected", "must be base64url without padding");

        using var headerDocument = StrictJson.Parse(headerBytes, "jwe.protected", 8192);
        var header = new JsonFields("jwe.protected", headerDocument.RootElement);
        if (header.Text("enc", 16) is var enc && enc != "A256GCM")
            throw header.Malformed("enc", $"'{enc}' is not A256GCM");

        // A header that marks a member as critical asks for something that is not done here (RFC 7516 section 4.1.13).
        header.Only("alg", "enc", "epk", "ek", "kid", "typ", "cty");
        var iv = jwe.Base64Url("iv", IvSize);
        var tag = jwe.Base64Url("tag", TagSize);
        if (iv.Length != IvSize || tag.Length != TagSize)
            throw jwe.Malformed(iv.Length != IvSize ? "iv" : "tag", "has the wrong length for A256GCM");

        var ciphertext = jwe.Base64Url("ciphertext", MaxBytes);
        var contentKey = key.UnwrapContentKey(header, jwe.Base64Url("encrypted_key", 1024));
        var plaintext = new byte[ciphertext.Length];
        try
        {
            using var gcm = new AesGcm(contentKey, TagSize);
            gcm.Decrypt(iv, ciphertext, tag, plaintext, Encoding.ASCII.GetBytes(protectedText));
            return SecretBytes.Own(plaintext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }

    private static (string Header, byte[] EncryptedKey) WrapForEc(EcJwk recipient, byte[] contentKey, ECDiffieHellman? given)
    {
        try
        {
            var (x, y, shared) = given is null ? Agree(recipient) : Agree(recipient, given);
            var wrappingKey = ConcatKdf.Derive256(shared, JsonWebKey.EcdhEsA256Kw);
            CryptographicOperations.ZeroMemory(shared);
            var encryptedKey = AesKeyWrap.Wrap(wrappingKey, contentKey);
            CryptographicOperations.ZeroMemory(wrappingKey);

            var epk = $$"""{"crv":"{{recipient.Curve}}","kty":"EC","x":"{{Base64UrlText.Encode(x)}}","y":"{{Base64UrlText.Encode(y)}}"}""";
            return ($$"""{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{{epk}}}""", encryptedKey);
        }
        catch (CryptographicException e)
        {
            throw new MalformedDataException("jwk", "x", 0, $"is no point of {recipient.Curve}", e);
        }
    }

    private static (byte[] X, byte[] Y, byte[] Shared) Agree(EcJwk recipient)
    {
        const byte uncompressed = 4;
        var (point, shared) = EphemeralAgreement.Create(recipient.Curve, [uncompressed, .. recipient.X, .. recipient.Y]);
        var size = (point.Length - 1) / 2;
        return (point[1..(size + 1)], point[(size + 1)..], shared);
    }

    private static (byte[] X, byte[] Y, byte[] Shared) Agree(EcJwk recipient, ECDiffieHellman ephemeral)
    {
        using var theirs = ECDiffieHellman.Create(recipient.ToParameters());
        using var theirPublic = theirs.PublicKey;
        var mine = ephemeral.ExportParameters(includePrivateParameters: false).Q;
        return (mine.X!, mine.Y!, ephemeral.DeriveRawSecretAgreement(theirPublic));
    }

    private static (string Header, byte[] EncryptedKey) WrapForAkp(AkpJwk recipient, byte[] contentKey, MLKem? given)
    {
        if (given is null && recipient.FindProblem() is { } problem)
            throw new MalformedDataException("jwk", "alg", 0, problem);

        try
        {
            using var imported = given is null ? MLKem.ImportEncapsulationKey(MLKemAlgorithm.MLKem768, recipient.PublicKey) : null;
            var (ciphertext, encryptedKey) = MlKemKeyWrap.Wrap(given ?? imported!, contentKey);
            return ($$"""{"alg":"{{MlKemKeyWrap.Algorithm}}","enc":"A256GCM","ek":"{{Base64UrlText.Encode(ciphertext)}}"}""", encryptedKey);
        }
        catch (CryptographicException e)
        {
            throw new MalformedDataException("jwk", "pub", 0, "is no ML-KEM key that can be used", e);
        }
    }

    private static byte[] WrapForRsa(RsaJwk recipient, byte[] contentKey)
    {
        try
        {
            using var rsa = RSA.Create(recipient.ToParameters());
            return rsa.Encrypt(contentKey, RSAEncryptionPadding.OaepSHA256);
        }
        catch (CryptographicException e)
        {
            throw new MalformedDataException("jwk", "n", 0, "is no RSA modulus that can be used", e);
        }
    }
}
