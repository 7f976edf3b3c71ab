using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attesters.Sample;
using Nacre.Client;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Guest.AttestationAgent;

namespace Nacre.UnitTests.Formats.Jose;

/// <summary>
/// ML-KEM-768+A192KW. All but the encapsulation itself is tested on every machine; that is tested where OpenSSL has it, and elsewhere that
/// its lack is said.
/// </summary>
[Trait("Group", "Formats")]
public sealed class MlKemTests
{
    private readonly MlKemVector _vector = new();

    [Fact]
    public void Derives_the_wrapping_key_of_the_vector()
    {
        var key = new byte[24];
        MlKemKeyWrap.Derive(_vector.SharedSecret, key);
        Assert.Equal(_vector.WrappingKey, key);
    }

    [Fact]
    public void Makes_the_vector()
    {
        using var kem = new StandInKem(_vector);
        byte[] contentKey = [.. Enumerable.Repeat((byte)0x33, 32)];
        byte[] iv = [.. Enumerable.Repeat((byte)0x44, 12)];
        var jwe = JsonNode.Parse(JsonWebEncryption.Encrypt(_vector.PublicKey, "hello trustee"u8, contentKey, iv, null, kem))!;

        Assert.True(JsonNode.DeepEquals(_vector.Jwe, jwe), jwe.ToJsonString());
    }

    [Fact]
    public void Reads_the_vector()
    {
        using var key = new JweKeyPair(new StandInKem(_vector));
        using var secret = JsonWebEncryption.Decrypt(key, MlKemVector.Utf8(_vector.Jwe));
        Assert.Equal("hello trustee", Encoding.UTF8.GetString(secret.Reveal()));
    }

    [Theory]
    [InlineData("protected")]
    [InlineData("encrypted_key")]
    [InlineData("iv")]
    [InlineData("ciphertext")]
    [InlineData("tag")]
    public void Refuses_every_changed_part(string member)
    {
        using var key = new JweKeyPair(new StandInKem(_vector));
        var bytes = MlKemVector.Bytes(_vector.Jwe, member);
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            var jwe = _vector.Jwe;
            jwe[member] = Base64UrlText.Encode(changed);
            var refusal = Record.Exception(() => JsonWebEncryption.Decrypt(key, MlKemVector.Utf8(jwe)));
            Assert.True(refusal is CryptographicException or MalformedDataException, $"{member}[{i}]: {refusal}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1087)]
    [InlineData(1089)]
    public void Refuses_an_encapsulated_secret_of_another_size(int size)
    {
        using var key = new JweKeyPair(new StandInKem(_vector));
        var (jwe, header) = (_vector.Jwe, _vector.Header);
        header["ek"] = Base64UrlText.Encode(new byte[size]);
        jwe["protected"] = Base64UrlText.Encode(MlKemVector.Utf8(header));
        Assert.Equal("ek", Assert.Throws<MalformedDataException>(() => JsonWebEncryption.Decrypt(key, MlKemVector.Utf8(jwe))).Field);
    }

    [Fact]
    public void A_key_for_it_is_one_kind_of_jwk()
    {
        var key = _vector.PublicKey;

        Assert.Equal(_vector.Jwk.ToJsonString(), key.ToJson().ToJsonString());
        Assert.Equal(1184, key.PublicKey.Length);

        // RFC 7638: the members that make the key, by name.
        var text = $$"""{"alg":"ML-KEM-768+A192KW","kty":"AKP","pub":"{{(string?)_vector.Jwk["pub"]}}"}""";
        Assert.Equal(Base64UrlText.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(text))), key.Thumbprint());
    }

    [Fact]
    public void Refuses_keys_that_are_not_of_it()
    {
        var key = _vector.PublicKey.PublicKey;
        var large = key.ToArray();
        (large[0], large[1]) = (0x01, (byte)(large[1] & 0xF0 | 0x0D));
        Refuses("pub", jwk => jwk["pub"] = Base64UrlText.Encode(key.AsSpan(1)));
        Refuses("pub", jwk => jwk["pub"] = Base64UrlText.Encode([.. key, 0]));
        Refuses("pub", jwk => jwk["pub"] = Base64UrlText.Encode(large));
        Refuses("pub", jwk => jwk.Remove("pub"));
        Refuses("alg", jwk => jwk["alg"] = "ML-KEM-1024+A256KW");
        Refuses("alg", jwk => jwk["alg"] = JsonWebKey.EcdhEsA256Kw);
        Refuses("alg", jwk => jwk.Remove("alg"));
        Refuses("kid", jwk => jwk["kid"] = "1");

        // The largest coefficient that there is.
        large[0] = 0x00;
        var most = _vector.Jwk;
        most["pub"] = Base64UrlText.Encode(large);
        Assert.IsType<AkpJwk>(MlKemVector.Parse(most));
    }

    [Fact]
    public void The_machine_does_it_or_says_that_it_cannot()
    {
        if (MLKem.IsSupported)
        {
            using var key = JweKeyPair.FromPem(_vector.PrivateKey);
            Assert.Equal(_vector.PublicKey.Thumbprint(), key.PublicKey.Thumbprint());
            using var known = JsonWebEncryption.Decrypt(key, MlKemVector.Utf8(_vector.Jwe));
            Assert.Equal("hello trustee", Encoding.UTF8.GetString(known.Reveal()));

            using var made = JweKeyPair.Create(JweKeyKind.MlKem768);
            var jwe = JsonWebEncryption.Encrypt(made.PublicKey, "secret"u8);
            using var again = JweKeyPair.FromPem(Encoding.ASCII.GetString(made.ExportPem().Reveal()));
            using var once = JsonWebEncryption.Decrypt(again, jwe);
            Assert.Equal("secret", Encoding.UTF8.GetString(once.Reveal()));
            Assert.ThrowsAny<CryptographicException>(() => JsonWebEncryption.Decrypt(key, jwe));
            return;
        }

        Says(Assert.Throws<PlatformNotSupportedException>(() => JweKeyPair.Create(JweKeyKind.MlKem768)));
        Says(Assert.Throws<CryptographicException>(() => JweKeyPair.FromPem(_vector.PrivateKey)));
        var refusal = Assert.Throws<MalformedDataException>(() => JsonWebEncryption.Encrypt(_vector.PublicKey, "secret"u8));
        Says(refusal);
        Assert.Equal("alg", refusal.Field);
        using var transport = KbsTransport.Create(new Uri("https://127.0.0.1:1"), null);
        Says(Assert.Throws<PlatformNotSupportedException>(() => new KbsClient(
            transport, new AttesterEvidenceSource(new SampleAttester()), TimeProvider.System,
            new KbsClientOptions { KeyKind = JweKeyKind.MlKem768 })));

        static void Says(Exception e) => Assert.Contains("OpenSSL 3.5", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Kinds_have_the_names_of_upstream()
    {
        Assert.Equal(["ECDH-ES+A256KW-P256", "ECDH-ES+A256KW-P521", "RSA-OAEP-256", "ML-KEM-768+A192KW"], JweKeyKinds.Names);
        Assert.Equal(Enum.GetValues<JweKeyKind>().Order(), JweKeyKinds.Names.Select(name => JweKeyKinds.Find(name)!.Value).Order());
        Assert.Null(JweKeyKinds.Find("RSA1_5"));
    }

    private void Refuses(string field, Action<JsonObject> change)
    {
        var jwk = _vector.Jwk;
        change(jwk);
        Assert.Equal(field, Assert.Throws<MalformedDataException>(() => MlKemVector.Parse(jwk)).Field);
    }
}
