using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.UnitTests.Formats.Jose;

/// <summary>The vector of trust.md 1.9 (recipient scalar 32 × 0x11, ephemeral 32 × 0x22) and what a changed reply does.</summary>
[Trait("Group", "Formats")]
public sealed class JsonWebEncryptionTests
{
    private const string Protected =
        "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0yNTYiLCJrdHkiOiJFQyIsIngiOiIxbHFUbDN5cVBSc0lHRkxfVjZlZVJsOFdZRmR6QkxycTFRWGRPa2hZblBNIiwieSI6IlVCaGVpVk55MzJJaDZqb1RkVmZrY18zYloxWHdXOVVIdzhVel9PbkpFb1UifX0";

    [Fact]
    public void Makes_the_vector_of_the_specification()
    {
        using var recipient = Key("111111");
        using var ephemeral = Ecdh(0x22);

        var jwe = JsonNode.Parse(JsonWebEncryption.Encrypt(
            recipient.PublicKey, "hello trustee"u8, [.. Enumerable.Repeat((byte)0x33, 32)], [.. Enumerable.Repeat((byte)0x44, 12)], ephemeral))!;

        Assert.Equal(Protected, (string?)jwe["protected"]);
        Assert.Equal("Tv226vhM20rpXNoICDhHf0YT2lYcLlnHvVvuv_Fmpi_nXNRYDlyw1A", (string?)jwe["encrypted_key"]);
        Assert.Equal("RERERERERERERERE", (string?)jwe["iv"]);
        Assert.Equal("WPSo_qUm-xnV8dD3kw", (string?)jwe["ciphertext"]);
        Assert.Equal("3Onb0DB6ArFzttt9RGWnQg", (string?)jwe["tag"]);
    }

    [Fact]
    public void Reads_the_vector_of_the_specification()
    {
        using var recipient = Key("111111");
        var jwe = $$"""{"protected":"{{Protected}}","encrypted_key":"Tv226vhM20rpXNoICDhHf0YT2lYcLlnHvVvuv_Fmpi_nXNRYDlyw1A","iv":"RERERERERERERERE","ciphertext":"WPSo_qUm-xnV8dD3kw","tag":"3Onb0DB6ArFzttt9RGWnQg"}""";

        using var secret = JsonWebEncryption.Decrypt(recipient, Encoding.UTF8.GetBytes(jwe));

        Assert.Equal("hello trustee", Encoding.UTF8.GetString(secret.Reveal()));
    }

    [Theory]
    [InlineData(JweKeyKind.EcP256, """{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"crv":"P-256","kty":"EC","x":""")]
    [InlineData(JweKeyKind.EcP521, """{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"crv":"P-521","kty":"EC","x":""")]
    [InlineData(JweKeyKind.Rsa2048, """{"alg":"RSA-OAEP-256","enc":"A256GCM"}""")]
    public void Goes_there_and_back_for_every_kind_of_key(JweKeyKind kind, string headerStart)
    {
        using var recipient = JweKeyPair.Create(kind);
        using var other = JweKeyPair.Create(kind);
        var jwe = JsonWebEncryption.Encrypt(recipient.PublicKey, "secret"u8);

        using var secret = JsonWebEncryption.Decrypt(recipient, jwe);
        Assert.Equal("secret", Encoding.UTF8.GetString(secret.Reveal()));
        Assert.ThrowsAny<CryptographicException>(() => JsonWebEncryption.Decrypt(other, jwe));

        // Upstream's client rebuilds the header text: members, order and spelling must be exactly these.
        Assert.True(Base64UrlText.TryDecode((string)JsonNode.Parse(jwe)!["protected"]!, out var header));
        Assert.StartsWith(headerStart, Encoding.UTF8.GetString(header), StringComparison.Ordinal);

        using var again = JweKeyPair.FromPem(Encoding.ASCII.GetString(recipient.ExportPem().Reveal()));
        using var once = JsonWebEncryption.Decrypt(again, jwe);
        Assert.Equal("secret", Encoding.UTF8.GetString(once.Reveal()));
    }

    [Theory]
    [InlineData("protected")]
    [InlineData("encrypted_key")]
    [InlineData("iv")]
    [InlineData("ciphertext")]
    [InlineData("tag")]
    public void Refuses_every_changed_part(string member)
    {
        using var recipient = JweKeyPair.Create();
        var jwe = (JsonObject)JsonNode.Parse(JsonWebEncryption.Encrypt(recipient.PublicKey, "secret"u8))!;
        Assert.True(Base64UrlText.TryDecode((string)jwe[member]!, out var bytes));
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            jwe[member] = Base64UrlText.Encode(changed);
            var text = Encoding.UTF8.GetBytes(jwe.ToJsonString());
            var refusal = Record.Exception(() => JsonWebEncryption.Decrypt(recipient, text));
            Assert.True(refusal is CryptographicException or MalformedDataException, $"{member}[{i}]: {refusal?.GetType().Name ?? "accepted"}");
        }
    }

    [Fact]
    public void Refuses_a_recipient_off_the_curve()
    {
        var key = new EcJwk("P-256", new byte[32], new byte[32], JsonWebKey.EcdhEsA256Kw);

        Assert.Throws<MalformedDataException>(() => JsonWebEncryption.Encrypt(key, "secret"u8));
    }

    private static JweKeyPair Key(string scalarStart)
    {
        using var ecdh = Ecdh(Convert.ToByte(scalarStart[..2], 16));
        return JweKeyPair.FromPem(ecdh.ExportPkcs8PrivateKeyPem());
    }

    private static ECDiffieHellman Ecdh(byte fill)
    {
        var scalar = Enumerable.Repeat(fill, 32).ToArray();
        Assert.True(new BigInteger(scalar, isUnsigned: true, isBigEndian: true) > 0);
        return ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
    }
}
