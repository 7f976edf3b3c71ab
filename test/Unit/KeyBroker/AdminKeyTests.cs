using System.Security.Cryptography;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.UnitTests.KeyBroker;

/// <summary>The keys of those who sign tokens of administrators: as PEM, and as a set that an identity provider publishes.</summary>
[Trait("Group", "TrustAdmin")]
public sealed class AdminKeyTests
{
    // RFC 8037, appendix A.
    private const string Ed25519 = """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""";

    private const string Signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    [Fact]
    public void The_signature_of_rfc_8037_is_good_and_none_near_it()
    {
        var key = Assert.Single(Parse(Ed25519));
        Assert.True(JsonWebToken.Parse(Signed).Verify(key));

        var parts = Signed.Split('.');
        foreach (var part in (int[])[1, 2])
        {
            var bytes = Decode(parts[part]);
            for (var bit = 0; bit < 8 * bytes.Length; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << bit % 8);
                var changed = (string[])parts.Clone();
                changed[part] = Base64UrlText.Encode(bytes);
                Assert.False(JsonWebToken.Parse(string.Join('.', changed)).Verify(key));
                bytes[bit / 8] ^= (byte)(1 << bit % 8);
            }
        }
    }

    [Fact]
    public void A_key_takes_the_algorithms_of_its_kind_alone()
    {
        using var rsa = RSA.Create(2048);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var (n, e) = (rsa.ExportParameters(false).Modulus!, rsa.ExportParameters(false).Exponent!);
        var q = ecdsa.ExportParameters(false).Q;
        var keys = Parse(
            $$"""{"kty":"RSA","kid":"r","use":"sig","n":"{{Base64UrlText.Encode(n)}}","e":"{{Base64UrlText.Encode(e)}}"}""",
            $$"""{"kty":"EC","crv":"P-384","kid":"e","x":"{{Base64UrlText.Encode(q.X)}}","y":"{{Base64UrlText.Encode(q.Y)}}"}""",
            Ed25519, """{"kty":"oct","k":"AAAA"}""", """{"kty":"OKP","crv":"X25519","x":"AAAA"}""", """{"kty":"RSA","use":"enc"}""");
        Assert.Equal(["r", "e", null], keys.Select(key => key.KeyId));

        foreach (var algorithm in (string[])["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "HS256", "none", "rs256"])
        {
            Assert.Equal(algorithm == "RS256", Token(algorithm, "r", input => rsa.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)).Verify(keys[0]));
            Assert.Equal(algorithm == "PS256", Token(algorithm, "r", input => rsa.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)).Verify(keys[0]));
            Assert.Equal(algorithm == "ES384", Token(algorithm, "e", input => ecdsa.SignData(input, HashAlgorithmName.SHA384)).Verify(keys[1]));
        }

        var good = Token("ES384", "e", input => ecdsa.SignData(input, HashAlgorithmName.SHA384));
        Assert.DoesNotContain(true, keys.Where(key => key != keys[1]).Select(key => good.Verify(key)));
        Assert.False(Token("ES384", "r", input => ecdsa.SignData(input, HashAlgorithmName.SHA384)).Verify(keys[1]));
        Assert.False(good.Verify(keys[1], "nacre-admin+jwt"));
    }

    [Theory]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"oct","k":"AAAA"}]}""")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","crv":"secp256k1","x":"AAAA","y":"AAAA"}]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("[]")]
    public void A_set_without_a_good_key_is_refused(string set) =>
        Assert.Throws<MalformedDataException>(() => JwtVerificationKey.ParseSet(Encoding.UTF8.GetBytes(set)));

    private static IReadOnlyList<JwtVerificationKey> Parse(params string[] keys) =>
        JwtVerificationKey.ParseSet(Encoding.UTF8.GetBytes($$"""{"keys":[{{string.Join(',', keys)}}]}"""));

    private static JsonWebToken Token(string algorithm, string keyId, Func<byte[], byte[]> sign)
    {
        var input = $"{Base64UrlText.Encode(Encoding.UTF8.GetBytes($$"""{"alg":"{{algorithm}}","kid":"{{keyId}}"}"""))}.e30";
        return JsonWebToken.Parse($"{input}.{Base64UrlText.Encode(sign(Encoding.ASCII.GetBytes(input)))}");
    }

    private static byte[] Decode(string text) => Base64UrlText.TryDecode(text, out var bytes) ? bytes : throw new FormatException(text);
}
