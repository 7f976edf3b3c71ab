using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Protocol;
using Nacre.Evidence.Tpm;
using Nacre.Guest.AttestationAgent;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Plugins;

namespace Nacre.EndToEndTests.Trust;

/// <summary>A secret that the server made goes to the program its owner named, when policy too allows it, and to no other.</summary>
[Trait("Group", "TrustEnclave")]
public sealed class EnclaveTests(SwtpmFixture tpms) : IClassFixture<SwtpmFixture>
{
    private const string Place = "enclave/secrets/payments/key";
    private const string Everybody = "package policy\nimport rego.v1\ndefault allow := true\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_of_the_program_share_the_secret_and_former_versions_after_rotation()
    {
        await using var stage = await StartAsync();
        await stage.AffirmSampleAsync();
        var made = await CreateAsync(stage, """{"kind":"aes","identities":[{"tee":"sample","measurement":"abcde","min_svn":1}]}""");
        using var first = stage.SampleGuest();
        using var second = stage.SampleGuest();
        var key = await GetAsync(first, "payments/key");
        Assert.Equal(32, Convert.FromBase64String(key).Length);
        Assert.Equal(key, await GetAsync(second, "payments/key"));
        Assert.DoesNotContain(key, made.ToJsonString(), StringComparison.Ordinal);

        var rotated = await stage.Admin.CallPluginAsync(HttpMethod.Post, Place + "/rotate", null, Cancel);
        Assert.Equal([1, 2], rotated["versions"]!.AsArray().Select(version => (int)version!["version"]!));
        var renewed = await GetAsync(first, "payments/key");
        Assert.NotEqual(key, renewed);
        Assert.Equal(key, await GetAsync(second, "payments/key?version=1"));
        using (var json = await second.GetAsync("enclave", "payments/key?form=json", Cancel))
        {
            var told = JsonNode.Parse(json.Reveal())!;
            Assert.Equal((2, renewed, "aes"), ((int)told["version"]!, (string)told["value"]!, (string)told["kind"]!));
        }

        await stage.Admin.CallPluginAsync(HttpMethod.Post, Place + "/rotate", new JsonObject { ["keep"] = 1 }, Cancel);
        Assert.Equal(KbsFailure.NotFound, (await Assert.ThrowsAsync<KbsException>(() => GetAsync(first, "payments/key?version=1"))).Failure);
    }

    [Fact]
    public async Task Another_program_gets_nothing_although_policy_would_allow_it()
    {
        await using var stage = await StartAsync();
        await stage.Admin.SetPolicyAsync(PolicyKind.Resource, null, Everybody, Cancel);
        await CreateAsync(stage, """{"kind":"aes","identities":[{"tee":"sample","measurement":"abcde","min_svn":2},{"tee":"tpm","claims":{"/tpm/pcr08":"00"}}]}""");
        using var guest = stage.SampleGuest();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => GetAsync(guest, "payments/key"));
        var absent = await Assert.ThrowsAsync<KbsException>(() => GetAsync(guest, "payments/absent"));

        Assert.Equal((KbsFailure.Denied, ErrorTypes.PolicyDeny), (refusal.Failure, refusal.ErrorType));
        Assert.Equal((refusal.Failure, refusal.ErrorType), (absent.Failure, absent.ErrorType));
        var denial = await stage.Admin.GetAttemptAsync(refusal.Reference!, Cancel);
        Assert.Equal(("release-denied", "enclave/payments/key"), ((string)denial["kind"]!, (string)denial["resource"]!));
        Assert.Contains("/sample/svn is \"1\", min_svn is 2; or it is for tpm", (string)denial["reasons"]![0]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Policy_has_its_say_besides_the_identity()
    {
        await using var stage = await StartAsync();
        await CreateAsync(stage, """{"kind":"aes","identities":[{"tee":"sample","measurement":"abcde"}]}""");
        using var guest = stage.SampleGuest();

        Assert.Equal(KbsFailure.Denied, (await Assert.ThrowsAsync<KbsException>(() => GetAsync(guest, "payments/key"))).Failure);
        await stage.Admin.SetPolicyAsync(PolicyKind.Resource, "enclave/payments", Everybody, Cancel);
        Assert.NotEmpty(await GetAsync(guest, "payments/key"));
    }

    [Fact]
    public async Task A_machine_is_known_by_the_registers_of_its_tpm()
    {
        await using var stage = await TrustStage.StartAsync(development: false, roots: tpms.Roots, broker: Options());
        await stage.Admin.SetPolicyAsync(PolicyKind.Resource, null, Everybody, Cancel);
        await using var attester = SwtpmFixture.Attester(tpms.First);
        var pcr = Convert.ToHexStringLower(TpmEvidence.Parse(await attester.GetEvidenceAsync(new byte[32], Cancel)).Pcrs[13]);
        await CreateAsync(stage, $$$"""{"kind":"rsa","bits":2048,"identities":[{"tee":"tpm","claims":{"/tpm/pcr13":"{{{pcr}}}"}}]}""");
        using (var guest = stage.Guest(new TpmEvidenceSource(attester)))
        using (var secret = await guest.GetAsync("enclave", "payments/key", Cancel))
        using (var key = RSA.Create())
        {
            key.ImportFromPem(Encoding.ASCII.GetString(secret.Reveal()));
            using var http = stage.RawClient();
            Assert.Equal(key.ExportSubjectPublicKeyInfoPem() + "\n", await http.GetStringAsync($"/kbs/v0/{Place}/public", Cancel));
        }

        await using (var device = SwtpmFixture.Device(tpms.First))
            await device.PcrExtendAsync(13, SHA256.HashData("another program"u8), Cancel);
        using var changed = stage.Guest(new TpmEvidenceSource(attester));

        var refusal = await Assert.ThrowsAsync<KbsException>(() => changed.GetAsync("enclave", "payments/key", Cancel));

        Assert.Equal(KbsFailure.Denied, refusal.Failure);
        Assert.Contains("/tpm/pcr13 is", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_who_create_a_secret_one_does()
    {
        await using var stage = await StartAsync();

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TryCreateAsync(stage)));

        var made = Assert.Single(all, one => one.Made is not null).Made!;
        Assert.All(all.Where(one => one.Made is null), one => Assert.Equal((HttpStatusCode.Conflict, ErrorTypes.Conflict), (one.Refusal!.Status, one.Refusal.ErrorType)));
        using var http = stage.RawClient();
        Assert.Equal((string)made["versions"]![0]!["public"]!, await http.GetStringAsync($"/kbs/v0/{Place}/public", Cancel));
    }

    [Fact]
    public async Task What_has_no_public_part_looks_like_what_is_absent()
    {
        await using var stage = await StartAsync();
        await CreateAsync(stage, """{"kind":"aes","identities":[{"tee":"sample","measurement":"abcde"}]}""");
        using var http = stage.RawClient();

        using var secret = await http.GetAsync($"/kbs/v0/{Place}/public", Cancel);
        using var absent = await http.GetAsync("/kbs/v0/enclave/secrets/payments/abs/public", Cancel);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (secret.StatusCode, absent.StatusCode));
        Assert.Equal(
            (await absent.Content.ReadAsStringAsync(Cancel)).Replace("abs", "key", StringComparison.Ordinal), await secret.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task An_owner_sees_and_changes_what_is_his()
    {
        await using var stage = await StartAsync();
        const string body = """{"kind":"data","data":"c2VjcmV0","identities":[{"tee":"sample","measurement":"abcde"}]}""";
        await CreateAsync(stage, body, "enclave/secrets/other/key");
        var token = await stage.Admin.CreateTokenAsync(new JsonObject { ["role"] = "secret-writer", ["seconds"] = 600, ["path"] = "payments/" }, Cancel);
        using var owner = new KbsAdminClient(stage.Connect(), (string)token["token"]!);

        await owner.CallPluginAsync(HttpMethod.Post, Place, JsonNode.Parse(body)!.AsObject(), Cancel);

        var listed = (await owner.CallPluginAsync(HttpMethod.Get, "enclave/secrets", null, Cancel))["secrets"]!.AsArray();
        Assert.Equal("payments/key", (string?)Assert.Single(listed)!["name"]);
        Assert.Equal(2, (await stage.Admin.CallPluginAsync(HttpMethod.Get, "enclave/secrets", null, Cancel))["secrets"]!.AsArray().Count);
        foreach (var (method, path) in ((HttpMethod, string)[])
            [(HttpMethod.Get, ""), (HttpMethod.Delete, ""), (HttpMethod.Post, ""), (HttpMethod.Post, "/rotate"), (HttpMethod.Post, "/identities")])
        {
            var refusal = await Assert.ThrowsAsync<KbsException>(() => owner.CallPluginAsync(method, $"enclave/secrets/other/key{path}", null, Cancel));
            Assert.Equal((HttpStatusCode.Forbidden, ErrorTypes.AdminAuthAccess), (refusal.Status, refusal.ErrorType));
        }

        var shown = await owner.CallPluginAsync(HttpMethod.Get, Place, null, Cancel);
        Assert.DoesNotContain("c2VjcmV0", shown.ToJsonString(), StringComparison.Ordinal);
        await owner.CallPluginAsync(HttpMethod.Delete, Place, null, Cancel);
        Assert.Equal(KbsFailure.NotFound, (await Assert.ThrowsAsync<KbsException>(() => owner.CallPluginAsync(HttpMethod.Get, Place, null, Cancel))).Failure);
    }

    [Fact]
    public async Task The_next_release_of_the_program_takes_over_and_an_expired_secret_is_given_to_nobody()
    {
        await using var stage = await StartAsync(tls: false);
        await stage.AffirmSampleAsync();
        await CreateAsync(stage, """{"kind":"data","data":"c2VjcmV0","identities":[{"tee":"sample","measurement":"former"}]}""");
        using var guest = stage.SampleGuest();
        await Assert.ThrowsAsync<KbsException>(() => GetAsync(guest, "payments/key"));

        var identities = JsonNode.Parse("""{"identities":[{"tee":"sample","measurement":"abcde"}]}""")!.AsObject();
        identities["expires"] = stage.Clock.GetUtcNow().AddHours(1).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        await stage.Admin.CallPluginAsync(HttpMethod.Post, Place + "/identities", identities, Cancel);
        Assert.Equal("c2VjcmV0", await GetAsync(guest, "payments/key"));

        stage.Clock.Skip(TimeSpan.FromHours(2));
        var refusal = await Assert.ThrowsAsync<KbsException>(() => GetAsync(guest, "payments/key"));
        Assert.Equal(KbsFailure.Denied, refusal.Failure);
        Assert.Contains("expired", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_of_an_authority_is_given_to_nobody_and_signs_for_its_application()
    {
        await using var stage = await StartAsync();
        await stage.AffirmSampleAsync();
        const string leaf = """{"kind":"x509","subject":"payments","authority":"ca","identities":[{"tee":"sample","measurement":"abcde"}]}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await Assert.ThrowsAsync<KbsException>(() => CreateAsync(stage, leaf))).Status);
        await CreateAsync(stage, """{"kind":"ca","subject":"payments CA"}""", "enclave/secrets/payments/ca");
        await CreateAsync(stage, leaf);
        using var guest = stage.SampleGuest();

        using (var secret = await guest.GetAsync("enclave", "payments/key", Cancel))
        {
            using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(
                Encoding.ASCII.GetString(secret.Reveal()), Encoding.ASCII.GetString(secret.Reveal()));
            Assert.Equal(("CN=payments", "CN=payments CA", true), (certificate.Subject, certificate.Issuer, certificate.HasPrivateKey));
        }

        var refusal = await Assert.ThrowsAsync<KbsException>(() => GetAsync(guest, "payments/ca"));
        Assert.Contains("given to nobody", refusal.Detail, StringComparison.Ordinal);
        await CreateAsync(stage, """{"kind":"ca","subject":"other CA"}""", "enclave/secrets/other/root");
        var foreign = leaf.Replace("\"ca\"", "\"root\"", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await Assert.ThrowsAsync<KbsException>(() => CreateAsync(stage, foreign, "enclave/secrets/payments/b"))).Status);
    }

    [Fact]
    public async Task Every_route_and_its_authorisation_is_written_down()
    {
        await using var stage = await StartAsync();

        Assert.Equal(
            [
                "GET kbs/v0/enclave/secrets View",
                "POST kbs/v0/enclave/secrets/{application}/{name} WriteSecret",
                "GET kbs/v0/enclave/secrets/{application}/{name} View",
                "DELETE kbs/v0/enclave/secrets/{application}/{name} WriteSecret",
                "POST kbs/v0/enclave/secrets/{application}/{name}/rotate WriteSecret",
                "POST kbs/v0/enclave/secrets/{application}/{name}/identities WriteSecret",
                "GET kbs/v0/enclave/secrets/{application}/{name}/public Public",
                "GET kbs/v0/enclave/{application}/{name} Guest",
            ],
            stage.Server.Routes.Where(route => route.Template.StartsWith("kbs/v0/enclave/", StringComparison.Ordinal))
                .Select(route => $"{route.Method} {route.Template} {route.Access}"));
    }

    private static async Task<(JsonObject? Made, KbsException? Refusal)> TryCreateAsync(TrustStage stage)
    {
        try
        {
            return (await CreateAsync(stage, """{"kind":"ec","identities":[{"tee":"sample","measurement":"abcde"}]}"""), null);
        }
        catch (KbsException e)
        {
            return (null, e);
        }
    }

    private static BrokerOptions Options() =>
        new() { Plugins = PluginSettings.Parse("[[plugins]]\nname = \"enclave\"\n", "plugins.toml") };

    private static Task<TrustStage> StartAsync(bool tls = true) => TrustStage.StartAsync(broker: Options(), tls: tls);

    private static Task<JsonObject> CreateAsync(TrustStage stage, string body, string place = Place) =>
        stage.Admin.CallPluginAsync(HttpMethod.Post, place, JsonNode.Parse(body)!.AsObject(), Cancel);

    private static async Task<string> GetAsync(KbsClient guest, string path)
    {
        using var secret = await guest.GetAsync("enclave", path, Cancel);
        return Convert.ToBase64String(secret.Reveal());
    }
}
