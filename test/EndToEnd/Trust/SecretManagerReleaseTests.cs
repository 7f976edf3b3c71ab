using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Plugins;
using Nacre.KeyBroker.Plugins.SecretManagers;
using Nacre.UnitTests.KeyBroker.SecretManagers;
using Nacre.UnitTests.Verifiers.Collateral;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Resources below a path live in a secret manager: guests get them as any other, when policy allows it.</summary>
[Trait("Group", "TrustSecretManagers")]
public sealed class SecretManagerReleaseTests : IAsyncDisposable
{
    private const string Token = "hvs.token-of-the-test";
    private const string Stored = "/v1/secret/data/vaulted/key/1";
    private static readonly ResourceUri s_vaulted = ResourceUri.Parse("kbs:///vaulted/key/1");
    private readonly StandInService _vault = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _vault.DisposeAsync();

    [Fact]
    public async Task A_guest_gets_what_the_secret_manager_has_now()
    {
        await using var stage = await StartAsync();
        await stage.AffirmSampleAsync();
        var value = "first";
        var asked = BackendRequest.Serve(_vault, Stored, _ => (200, $$$$"""{"data":{"data":{"data":"{{{{value}}}}"}}}"""));
        using var guest = stage.SampleGuest();

        Assert.Equal("first", await GetAsync(guest, s_vaulted));
        value = "second";
        Assert.Equal("second", await GetAsync(guest, s_vaulted));
        Assert.Equal(2, asked.Count);
        Assert.Equal(TrustStage.SecretText, await GetAsync(guest, TrustStage.Secret));
    }

    [Fact]
    public async Task A_guest_that_policy_denies_is_denied_before_anyone_is_asked()
    {
        await using var stage = await StartAsync();
        var asked = BackendRequest.Serve(_vault, Stored, _ => (200, "{}"));
        using var guest = stage.SampleGuest();

        Assert.Equal(KbsFailure.Denied, (await Assert.ThrowsAsync<KbsException>(() => GetAsync(guest, s_vaulted))).Failure);
        Assert.Empty(asked);
    }

    [Fact]
    public async Task The_reason_of_an_outage_is_for_administrators()
    {
        await using var stage = await StartAsync();
        await stage.AffirmSampleAsync();
        BackendRequest.Serve(_vault, Stored, _ => (503, Token));
        using var guest = stage.SampleGuest();

        var outage = await Assert.ThrowsAsync<KbsException>(() => GetAsync(guest, s_vaulted));

        Assert.Equal((KbsFailure.Unavailable, HttpStatusCode.ServiceUnavailable), (outage.Failure, outage.Status));
        Assert.DoesNotContain("Vault", outage.Detail, StringComparison.Ordinal);
        var attempt = await stage.Admin.GetAttemptAsync(outage.Reference!, Cancel);
        Assert.Equal(("release-failed", "resource/vaulted/key/1"), ((string)attempt["kind"]!, (string)attempt["resource"]!));
        Assert.Contains("sealed", (string)attempt["reasons"]![0]!, StringComparison.Ordinal);
        var audited = (await stage.Admin.ListAuditAsync(null, outage.Reference, Cancel)).ToJsonString();
        Assert.Contains("failed", audited, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, attempt.ToJsonString() + audited, StringComparison.Ordinal);

        _vault.Refuse(Stored, 404);
        Assert.Equal(KbsFailure.NotFound, (await Assert.ThrowsAsync<KbsException>(() => GetAsync(guest, s_vaulted))).Failure);
    }

    [Fact]
    public async Task An_administrator_writes_and_deletes_through_the_server_and_is_told_what_is_wrong()
    {
        await using var stage = await StartAsync();
        var stored = new JsonObject();
        BackendRequest.Serve(_vault, Stored, request =>
        {
            if (request.Method == "POST")
                stored = JsonNode.Parse(request.Text)!.AsObject();
            return stored.Count == 0 ? (404, "{}") : (200, new JsonObject { ["data"] = stored.DeepClone() }.ToJsonString());
        });
        BackendRequest.Serve(_vault, "/v1/secret/metadata/vaulted/key/1", _ => (204, ""));

        await stage.Admin.PutResourceAsync(s_vaulted, SecretBytes.Copy("x"u8), Cancel);
        Assert.Equal("""{"data":{"data":"x"}}""", stored.ToJsonString());
        Assert.DoesNotContain("vaulted", (await stage.Admin.ListResourcesAsync(Cancel)).ToJsonString(), StringComparison.Ordinal);
        await stage.Admin.DeleteResourceAsync(s_vaulted, Cancel);
        stored.Clear();
        Assert.Equal(KbsFailure.NotFound, (await Assert.ThrowsAsync<KbsException>(() => stage.Admin.DeleteResourceAsync(s_vaulted, Cancel))).Failure);

        _vault.Refuse(Stored, 403);
        var refusal = await Assert.ThrowsAsync<KbsException>(() => stage.Admin.PutResourceAsync(s_vaulted, SecretBytes.Copy("x"u8), Cancel));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refusal.Status);
        Assert.Contains("Vault: the service answers 403; the token has ended", refusal.Detail, StringComparison.Ordinal);
    }

    // Any server with a certificate of its own does; ours answers 404 to Vault's paths.
    [Fact]
    public async Task A_certificate_is_verified_unless_that_is_switched_off()
    {
        await using var stage = await TrustStage.StartAsync();
        var keys = $"[[plugins]]\nname = \"resource\"\nstorage_backend_type = \"Vault\"\nvault_url = \"{stage.Server.Url}\"\ntoken = \"{Token}\"\n";
        using var strict = Open(keys);
        using var trusting = Open(keys + $"ca_certs = [\"{TrustServer.CaPath(stage.Directory)}\"]\n");
        using var lax = Open(keys + "verify_ssl = false\n");

        var refusal = await Assert.ThrowsAsync<BackendException>(async () => await strict.For(s_vaulted)!.FindAsync(s_vaulted, Cancel));

        Assert.Contains("certificate", refusal.Message, StringComparison.Ordinal);
        Assert.Null(await trusting.For(s_vaulted)!.FindAsync(s_vaulted, Cancel));
        Assert.Null(await lax.For(s_vaulted)!.FindAsync(s_vaulted, Cancel));

        static ResourceBackends Open(string toml) => ResourceBackends.Open(PluginSettings.Parse(toml, "plugins.toml"), TimeProvider.System);
    }

    private static async Task<string> GetAsync(KbsClient guest, ResourceUri uri)
    {
        using var secret = await guest.GetResourceAsync(uri, Cancel);
        return Encoding.UTF8.GetString(secret.Reveal());
    }

    private Task<TrustStage> StartAsync() => TrustStage.StartAsync(broker: new BrokerOptions
    {
        Plugins = PluginSettings.Parse(
            $"""
            [[plugins]]
            name = "resource"
            storage_backend_type = "Vault"
            path = "vaulted"
            vault_url = "{_vault.Url}"
            token = "{Token}"
            kv_version = 2
            """,
            "plugins.toml"),
    });
}
