using System.Text.Json.Nodes;
using Nacre.Attestation.Tokens;
using Nacre.Client;
using Nacre.Formats.Jose;

namespace Nacre.EndToEndTests.Trust;

/// <summary>A relying party that knows nothing but the server's address checks tokens, before and after a rotation.</summary>
[Trait("Group", "TrustTokens")]
public sealed class TokenKeyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Discovery_leads_to_the_keys_and_a_rotation_breaks_nobody()
    {
        await using var stage = await TrustStage.StartAsync(tokens: new TokenOptions
        {
            Algorithm = "ES384",
            Issuer = "https://kbs.example",
            Audience = "relying-party",
        });
        await stage.AffirmSampleAsync();
        using var http = stage.RawClient();
        using var guest = stage.SampleGuest();
        var session = await guest.AttestAsync(Cancel);
        var token = JsonWebToken.Parse(session.Token);
        var claims = JsonNode.Parse(token.Payload)!;

        var discovery = JsonNode.Parse(await http.GetStringAsync("/.well-known/openid-configuration", Cancel))!;
        Assert.Equal((string?)claims["iss"], (string?)discovery["issuer"]);
        Assert.Equal("https://kbs.example/.well-known/jwks.json", (string?)discovery["jwks_uri"]);
        Assert.Equal("""["ES384"]""", discovery["id_token_signing_alg_values_supported"]!.ToJsonString());
        Assert.Equal("relying-party", (string?)claims["aud"]);
        Assert.Equal("default_cpu", (string?)claims["submods"]!["cpu0"]!["ear.nacre.appraisal-policy"]);
        Assert.Contains(await KeysAsync(http), key => token.Verify(key));

        await stage.Admin.RotateTokenKeysAsync(Cancel);
        Assert.Contains(await KeysAsync(http), key => token.Verify(key));
        using var passport = new KbsClient(stage.Connect(), AttestedSession.FromToken(session.Token, session.Key), stage.Clock);
        using (await passport.GetResourceAsync(TrustStage.Secret, Cancel))
        {
        }

        var keys = (await stage.Admin.ListTokenKeysAsync(Cancel))["keys"]!.AsArray();
        Assert.Equal(["current", "next", "former"], keys.Select(key => (string?)key!["use"]));
        Assert.DoesNotContain("\"key\"", keys.ToJsonString(), StringComparison.Ordinal);
        await stage.Admin.DropTokenKeyAsync((string)keys[2]!["kid"]!, Cancel);
        using var after = new KbsClient(stage.Connect(), AttestedSession.FromToken(session.Token, session.Key), stage.Clock);
        Assert.Equal(
            KbsFailure.Unauthenticated,
            (await Assert.ThrowsAsync<KbsException>(() => after.GetResourceAsync(TrustStage.Secret, Cancel))).Failure);
    }

    [Fact]
    public async Task Without_an_address_as_issuer_the_keys_are_where_the_peer_asked()
    {
        await using var stage = await TrustStage.StartAsync();
        using var http = stage.RawClient();

        var discovery = JsonNode.Parse(await http.GetStringAsync("/.well-known/openid-configuration", Cancel))!;

        Assert.Equal(new Uri(stage.Server.Url, "/.well-known/jwks.json"), new Uri((string)discovery["jwks_uri"]!));
    }

    [Fact]
    public async Task A_small_token_has_the_key_and_the_claims_but_no_documents()
    {
        await using var stage = await TrustStage.StartAsync(tokens: new TokenOptions { Verbose = false });
        await stage.AffirmSampleAsync();
        using var guest = stage.SampleGuest();

        var evidence = JsonNode.Parse(JsonWebToken.Parse((await guest.AttestAsync(Cancel)).Token).Payload)!
            ["submods"]!["cpu0"]!["ear.veraison.annotated-evidence"]!.AsObject();

        Assert.Equal("ECDH-ES+A256KW", (string?)evidence["runtime_data_claims"]!["tee-pubkey"]!["alg"]);
        Assert.Equal("abcde", (string?)evidence["sample"]!["launch_digest"]);
        Assert.False(evidence.ContainsKey("init_data_claims"));
        using var secret = await guest.GetResourceAsync(TrustStage.Secret, Cancel);
        Assert.NotEmpty(secret.Reveal().ToArray());
    }

    private static async Task<IReadOnlyList<JwtVerificationKey>> KeysAsync(HttpClient http) =>
        JwtVerificationKey.ParseSet(await http.GetByteArrayAsync("/.well-known/jwks.json", Cancel));
}
