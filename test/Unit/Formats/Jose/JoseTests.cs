using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.UnitTests.Formats.Jose;

[Trait("Group", "Formats")]
public sealed class JoseTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("AQ", true)]
    [InlineData("AQI", true)]
    [InlineData("AQID", true)]
    [InlineData("-_-_", true)]
    [InlineData("A", false)]
    [InlineData("AR", false)]
    [InlineData("AQJ", false)]
    [InlineData("AQ==", false)]
    [InlineData("AQI=", false)]
    [InlineData("AQ I", false)]
    [InlineData("+/+/", false)]
    [InlineData("AQID\n", false)]
    public void Base64url_has_one_spelling(string text, bool valid)
    {
        Assert.Equal(valid, Base64UrlText.TryDecode(text, out var bytes));
        if (valid)
            Assert.Equal(text, Base64UrlText.Encode(bytes));
    }

    // RFC 3394 section 4: 128, 192 and 256 bits of key data under a 256-bit key, and what fits under one of 192 bits.
    [Theory]
    [InlineData(32, "00112233445566778899AABBCCDDEEFF", "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7")]
    [InlineData(32, "00112233445566778899AABBCCDDEEFF0001020304050607", "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1")]
    [InlineData(
        32,
        "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
        "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21")]
    [InlineData(24, "00112233445566778899AABBCCDDEEFF", "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D")]
    [InlineData(24, "00112233445566778899AABBCCDDEEFF0001020304050607", "031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2")]
    public void Wraps_keys_as_RFC_3394_does(int kekSize, string key, string wrapped)
    {
        var kek = Convert.FromHexString("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F").AsSpan(0, kekSize);

        Assert.Equal(wrapped, Convert.ToHexString(AesKeyWrap.Wrap(kek, Convert.FromHexString(key))));
        Assert.Equal(key, Convert.ToHexString(AesKeyWrap.Unwrap(kek, Convert.FromHexString(wrapped))!));
    }

    [Fact]
    public void Unwraps_nothing_that_was_changed()
    {
        var kek = RandomNumberGenerator.GetBytes(32);
        var wrapped = AesKeyWrap.Wrap(kek, RandomNumberGenerator.GetBytes(32));
        for (var bit = 0; bit < wrapped.Length * 8; bit++)
        {
            var changed = wrapped.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(AesKeyWrap.Unwrap(kek, changed));
        }

        Assert.Null(AesKeyWrap.Unwrap(kek, wrapped.AsSpan(0, 39)));
        Assert.Null(AesKeyWrap.Unwrap(kek, []));
    }

    [Theory]
    [InlineData("""{"kty":"EC","crv":"P-384","alg":"ECDH-ES+A256KW","x":"AA","y":"AA"}""", "crv")]
    [InlineData("""{"kty":"EC","crv":"P-256","alg":"ECDH-ES+A256KW","x":"AA","y":"AA"}""", "x")]
    [InlineData("""{"kty":"EC","crv":"P-256","alg":"none","x":"AA","y":"AA"}""", "alg")]
    [InlineData("""{"kty":"oct","k":"AA"}""", "kty")]
    [InlineData("""{"kty":"RSA","alg":"RSA1_5","n":"AA","e":"AQAB"}""", "alg")]
    [InlineData("""{"kty":"RSA","alg":"RSA-OAEP-256","n":"AQAB","e":"AQAB"}""", "n")]
    [InlineData("""{"kty":"EC","crv":"P-256","alg":"ECDH-ES+A256KW","x":"AA","y":"AA","use":"enc"}""", "use")]
    public void Refuses_a_key_that_is_not_of_the_protocol(string jwk, string field)
    {
        using var document = JsonDocument.Parse(jwk);
        Assert.Equal(field, Assert.Throws<MalformedDataException>(() => JsonWebKey.Parse(document.RootElement)).Field);
    }

    [Fact]
    public void Refuses_an_rsa_exponent_that_costs_or_proves_nothing()
    {
        using var rsa = RSA.Create(2048);
        var n = Base64UrlText.Encode(rsa.ExportParameters(false).Modulus);
        foreach (var e in (string[])["AQ", "Ag", "AAEAAQ", "AQEBAQE"])
        {
            using var document = JsonDocument.Parse($$"""{"kty":"RSA","alg":"RSA-OAEP-256","n":"{{n}}","e":"{{e}}"}""");
            Assert.Equal("e", Assert.Throws<MalformedDataException>(() => JsonWebKey.Parse(document.RootElement)).Field);
        }
    }

    // RFC 7638 section 3.1.
    [Fact]
    public void Computes_thumbprints()
    {
        const string n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        using var document = JsonDocument.Parse($$"""{"kty":"RSA","alg":"RSA-OAEP-256","n":"{{n}}","e":"AQAB"}""");

        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", JsonWebKey.Parse(document.RootElement).Thumbprint());
    }

    [Fact]
    public void Signs_tokens_and_verifies_exactly_what_was_signed()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = JsonWebToken.SignEs256(key, """{"alg":"ES256"}"""u8, """{"exp":1}"""u8);

        Assert.True(JsonWebToken.Parse(token).VerifyEs256(key));
        Assert.False(JsonWebToken.Parse(token).VerifyEs256(other));

        var parts = token.Split('.');
        var changed = Base64UrlText.Encode("""{"exp":2}"""u8);
        Assert.False(JsonWebToken.Parse($"{parts[0]}.{changed}.{parts[2]}").VerifyEs256(key));
        Assert.False(JsonWebToken.Parse(JsonWebToken.SignEs256(key, """{"alg":"none"}"""u8, "{}"u8)).VerifyEs256(key));
        Assert.False(JsonWebToken.Parse(JsonWebToken.SignEs256(key, """{"alg":"ES256","crit":["x"]}"""u8, "{}"u8)).VerifyEs256(key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("e30.e30.e30.e30")]
    [InlineData("e30..e30")]
    [InlineData("e30.e3=.e30")]
    [InlineData(".e30.e30")]
    public void Refuses_what_is_no_token(string token) => Assert.Throws<MalformedDataException>(() => JsonWebToken.Parse(token));

    [Fact]
    public void A_jwk_in_json_is_sorted_so_that_both_sides_hash_the_same()
    {
        using var key = JweKeyPair.Create();
        var members = key.PublicKey.ToJson().Select(member => member.Key).ToList();

        Assert.Equal(members.Order(StringComparer.Ordinal), members);
        Assert.Equal(JsonValueKind.Object, ((JsonNode)key.PublicKey.ToJson()).GetValueKind());
        Assert.DoesNotContain("PRIVATE", Encoding.UTF8.GetString(Nacre.Evidence.Protocol.JsonText.Utf8(key.PublicKey.ToJson())), StringComparison.Ordinal);
    }
}
