using System.Text.Json.Nodes;
using Nacre.Attestation.Remote;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;

namespace Nacre.UnitTests.Attestation.Remote;

/// <summary>Which tokens of other services are believed (trust.md 2.9).</summary>
[Trait("Group", "TrustRemote")]
public sealed class TokenTrustTests : IDisposable
{
    private readonly TokenAuthority _service = new();
    private readonly TokenAuthority _other = new();

    private TokenTrust ByCertificate => new() { Authorities = [_service.Certificate] };

    private TokenTrust BySet => new() { Keys = JwtVerificationKey.ParseSet(JsonText.Utf8(_service.KeySet("k1"))) };

    public void Dispose()
    {
        _service.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Believes_a_key_in_the_header_whose_certificate_chains_to_an_authority()
    {
        var (claims, problem) = ByCertificate.Verify(_service.Sign(TokenAuthority.Claims(), _service.CertifiedJwk), TokenAuthority.At);

        Assert.Equal("", problem);
        Assert.Equal("affirming", (string?)claims!["submods"]!["cpu0"]!["ear.status"]);
        Assert.Matches("^sha256-[0-9a-f]{32}$", (string?)claims["jti"]);
    }

    [Fact]
    public void Believes_a_key_of_a_set_that_the_token_names()
    {
        var token = _service.Sign(TokenAuthority.Claims(), keyId: "k1");

        Assert.NotNull(BySet.Verify(token, TokenAuthority.At).Claims);
        Assert.Null(BySet.Verify(_service.Sign(TokenAuthority.Claims(), keyId: "k2"), TokenAuthority.At).Claims);
        Assert.Null(BySet.Verify(_service.Sign(TokenAuthority.Claims()), TokenAuthority.At).Claims);
        Assert.Null(BySet.Verify(_other.Sign(TokenAuthority.Claims(), keyId: "k1"), TokenAuthority.At).Claims);
        Assert.Null(BySet.Verify(_service.Sign(TokenAuthority.Claims(), keyId: "k1", algorithm: "ES384"), TokenAuthority.At).Claims);
        Assert.Null(ByCertificate.Verify(token, TokenAuthority.At).Claims);
    }

    [Fact]
    public void Refuses_a_key_in_the_header_that_nobody_vouches_for()
    {
        var mixed = _other.Jwk;
        mixed["x5c"] = _service.CertifiedJwk["x5c"]!.DeepClone();
        var empty = _service.Jwk;
        empty["x5c"] = new JsonArray();
        foreach (var token in (string[])
            [
                _service.Sign(TokenAuthority.Claims(), _service.Jwk), _service.Sign(TokenAuthority.Claims(), empty),
                _other.Sign(TokenAuthority.Claims(), _other.CertifiedJwk), _other.Sign(TokenAuthority.Claims(), mixed),
                _service.Sign(TokenAuthority.Claims(), mixed), _other.Sign(TokenAuthority.Claims(), _service.CertifiedJwk),
            ])
        {
            var (claims, problem) = ByCertificate.Verify(token, TokenAuthority.At);
            Assert.Null(claims);
            Assert.NotEqual("", problem);
            Assert.Null(BySet.Verify(token, TokenAuthority.At).Claims);
        }

        Assert.NotNull(new TokenTrust { AcceptHeaderKey = true }.Verify(_service.Sign(TokenAuthority.Claims(), _service.Jwk), TokenAuthority.At).Claims);
        Assert.False(new TokenTrust().BelievesAny);
    }

    [Fact]
    public void Refuses_what_has_expired_has_no_end_or_was_changed()
    {
        var token = _service.Sign(TokenAuthority.Claims(), _service.CertifiedJwk);
        Assert.NotNull(ByCertificate.Verify(token, TokenAuthority.At.AddMinutes(5.9)).Claims);
        Assert.Equal("the token has expired", ByCertificate.Verify(token, TokenAuthority.At.AddMinutes(6)).Problem);
        Assert.Contains("not", ByCertificate.Verify(token, TokenAuthority.At.AddDays(6)).Problem, StringComparison.Ordinal);

        var endless = TokenAuthority.Claims();
        endless.Remove("exp");
        Assert.Contains("no exp", ByCertificate.Verify(_service.Sign(endless, _service.CertifiedJwk), TokenAuthority.At).Problem, StringComparison.Ordinal);
        var early = TokenAuthority.Claims();
        early["nbf"] = TokenAuthority.At.AddMinutes(2).ToUnixTimeSeconds();
        Assert.Equal("the token is not valid yet", ByCertificate.Verify(_service.Sign(early, _service.CertifiedJwk), TokenAuthority.At).Problem);

        var parts = token.Split('.');
        var changed = parts[1][..^8] + (parts[1][^8] == 'A' ? 'B' : 'A') + parts[1][^7..];
        Assert.Null(ByCertificate.Verify($"{parts[0]}.{changed}.{parts[2]}", TokenAuthority.At).Claims);
        Assert.Null(ByCertificate.Verify("a.b", TokenAuthority.At).Claims);
    }

    [Theory]
    [InlineData("""{"tdx":{"attester_runtime_data":{"tee-pubkey":1}},"tee-pubkey":2}""", 1)]
    [InlineData("""{"tdx":{"attester_user_data":{"tee-pubkey":1}},"tee-pubkey":2}""", 1)]
    [InlineData("""{"customized_claims":{"runtime_data":{"tee-pubkey":1}},"tee-pubkey":2}""", 1)]
    [InlineData("""{"submods":{"cpu0":{"ear.veraison.annotated-evidence":{"runtime_data_claims":{"tee-pubkey":1}}}},"tee-pubkey":2}""", 1)]
    [InlineData("""{"tee-pubkey":2}""", 2)]
    [InlineData("""{"tee-pubkey":2,"mine":{"a/b":3}}""", 3)]
    [InlineData("""{"tdx":{"attester_runtime_data":7},"mine":[]}""", null)]
    public void The_key_of_the_guest_is_where_its_maker_puts_it(string claims, int? expected)
    {
        var found = TeeKeyPaths.Find(JsonNode.Parse(claims)!.AsObject(), ["/mine/a~1b"]);

        Assert.Equal(expected, (int?)found?.Key);
    }
}
