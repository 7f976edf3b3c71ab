using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Nacre.Attestation.Remote;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Admin;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Upstream's <c>jwk_set_uri</c> and <c>trusted_jwk_sets</c> with https: a key set or a provider, bounded, and refused while away.</summary>
[Trait("Group", "TrustAdmin")]
public sealed class PublishedKeyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/realm")]
    [InlineData("/realm/")]
    [InlineData("/keys")]
    public async Task Administrators_are_known_by_a_key_set_or_by_the_provider_that_names_one(string path)
    {
        await using var provider = await StandInIssuer.StartAsync();
        var issuer = new OidcIssuer(
            new()
            {
                Issuer = null,
                Audience = "KBS",
                KeySet = provider.At(path),
                Acls = [AdminAcl.Parse("admin", "^/kbs/.+$")],
                Authorities = [provider.Authority],
            },
            NullLogger.Instance);
        await using var stage = await TrustStage.StartAsync(issuers: [issuer], fillsStore: false);
        var claims = new JsonObject { ["exp"] = Now(stage) + 300, ["aud"] = new JsonArray("KBS"), ["role"] = "admin" };

        Assert.Null(await StatusAsync(provider.Sign(claims)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(provider.Sign(With(claims, "role", "auditor"))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(provider.Sign(With(claims, "aud", "other"))));
        provider.AddKey("second");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(provider.Sign(claims, "second")));
        stage.Clock.Skip(TimeSpan.FromSeconds(31));
        Assert.Null(await StatusAsync(provider.Sign(claims, "second")));

        async Task<HttpStatusCode?> StatusAsync(string token)
        {
            using var admin = new KbsAdminClient(stage.Connect(), token);
            try
            {
                await admin.ListResourcesAsync(Cancel);
                return null;
            }
            catch (KbsException e)
            {
                return e.Status;
            }
        }
    }

    [Fact]
    public async Task Guests_bring_tokens_under_published_keys_and_are_told_to_come_again_while_these_are_away()
    {
        await using var provider = await StandInIssuer.StartAsync();
        var trust = new TokenTrust { Published = [Keys(provider)] };
        await using var stage = await TrustStage.StartAsync(with: options => options with { TokenTrust = trust }, tls: false);
        using var key = JweKeyPair.Create();
        using var http = new HandshakeMessages(new HttpClient { BaseAddress = stage.Server.Url });

        provider.IsAway = true;
        Assert.Equal((503, ErrorTypes.Unavailable), await HandshakeMessages.ErrorAsync(await GetAsync(provider.Sign(Claims()))));
        provider.IsAway = false;
        Assert.Equal(503, (int)(await GetAsync(provider.Sign(Claims()))).StatusCode);
        stage.Clock.Skip(TimeSpan.FromSeconds(31));
        using (var reply = await GetAsync(provider.Sign(Claims())))
        {
            Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
            using var secret = JsonWebEncryption.Decrypt(key, await reply.Content.ReadAsByteArrayAsync(Cancel));
            Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));
        }

        // Nobody is asked for a token that is over, nor twice for a key that is not there.
        var asked = provider.Asked;
        var expired = Claims();
        expired["exp"] = Now(stage) - 61;
        Assert.Equal(
            (401, ErrorTypes.TokenVerifierError), await HandshakeMessages.ErrorAsync(await GetAsync(provider.Sign(expired, keyId: "other"))));
        Assert.Equal(asked, provider.Asked);
        provider.AddKey("second");
        for (var i = 0; i < 5; i++)
            Assert.Equal(401, (int)(await GetAsync(provider.Sign(Claims(), "second"))).StatusCode);
        Assert.Equal(asked, provider.Asked);

        // The last keys are good for a day.
        provider.IsAway = true;
        stage.Clock.Skip(TimeSpan.FromHours(23));
        Assert.Equal(200, (int)(await GetAsync(provider.Sign(Claims()))).StatusCode);
        stage.Clock.Skip(TimeSpan.FromHours(2));
        Assert.Equal(503, (int)(await GetAsync(provider.Sign(Claims()))).StatusCode);

        Task<HttpResponseMessage> GetAsync(string token) => http.GetAsync("/kbs/v0/resource/default/key/1", bearer: token);

        JsonObject Claims() => new()
        {
            ["exp"] = Now(stage) + 300,
            ["submods"] = new JsonObject { ["cpu0"] = new JsonObject { ["ear.status"] = "affirming" } },
            ["tee-pubkey"] = key.PublicKey.ToJson(),
        };
    }

    [Fact]
    public async Task A_set_without_our_certificate_authority_or_without_keys_is_none()
    {
        await using var provider = await StandInIssuer.StartAsync();
        using var unknown = new PublishedKeys(KeySetSource.At(provider.At("/keys")), NullLogger.Instance);
        Assert.Null(await unknown.FindAsync("first", DateTimeOffset.UtcNow, Cancel));
        using var nothing = new PublishedKeys(KeySetSource.At(provider.At("/nothing"), Policy(provider)), NullLogger.Instance);
        Assert.Null(await nothing.FindAsync("first", DateTimeOffset.UtcNow, Cancel));
        Assert.Equal(0, provider.Asked);

        foreach (var address in (string[])["http://127.0.0.1/keys", "ftp://127.0.0.1/keys", "https://a.example/keys?x=1", "https://me@a.example", "/etc/keys"])
            Assert.Throws<FormatException>(() => KeySetSource.At(address));
    }

    [Fact]
    public async Task A_configuration_of_upstreams_names_a_provider_by_its_address()
    {
        await using var provider = await StandInIssuer.StartAsync();
        var folder = Directory.CreateTempSubdirectory("nacre-provider-").FullName;
        try
        {
            var (data, config, roots) = (Path.Combine(folder, "data"), Path.Combine(folder, "kbs.toml"), Path.Combine(folder, "roots.pem"));
            await File.WriteAllTextAsync(roots, provider.Authority.ExportCertificatePem(), Cancel);
            await File.WriteAllTextAsync(config, $$"""
                [http_server]
                sockets = ["127.0.0.1:0", "127.0.0.1:0"]
                [attestation_token]
                trusted_jwk_sets = ["{{provider.At("/keys")}}"]
                [admin]
                authorization_mode = "AuthenticatedAuthorization"
                authentication.bearer_jwt.identity_providers = [{issuer = "{{provider.Issuer}}", audience = "KBS", jwk_set_uri = "{{provider.Issuer}}"}]
                authorization.regex_acl.acls = [{role = "admin", allowed_endpoints = "^/kbs/.+$"}]
                """, Cancel);
            await using var server = await ServeProcess.StartAsync(
                new Dictionary<string, string?> { ["SSL_CERT_FILE"] = roots }, ["--config", config, "--data", data]);
            var token = provider.Sign(new()
            {
                ["iss"] = provider.Issuer,
                ["aud"] = "KBS",
                ["role"] = "admin",
                ["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 300,
            });
            var authority = new X509Certificate2Collection();
            authority.ImportFromPemFile(TrustServer.CaPath(data));
            using var admin = new KbsAdminClient(KbsTransport.Create(server.Url, authority), token);

            Assert.Empty((await admin.ListResourcesAsync(Cancel))["resources"]!.AsArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static PublishedKeys Keys(StandInIssuer provider) =>
        new(KeySetSource.At(provider.At("/keys"), Policy(provider)), NullLogger.Instance);

    private static X509ChainPolicy Policy(StandInIssuer provider)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(provider.Authority);
        return policy;
    }

    private static long Now(TrustStage stage) => stage.Clock.GetUtcNow().ToUnixTimeSeconds();

    private static JsonObject With(JsonObject claims, string name, JsonNode? value)
    {
        var changed = claims.DeepClone().AsObject();
        changed[name] = value;
        return changed;
    }
}
