using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.UnitTests.KeyBroker.SecretManagers;

/// <summary>Vault's HTTP API as its documentation has it, with the JSON of upstream (trust.md 2.3).</summary>
[Trait("Group", "TrustSecretManagers")]
public sealed class VaultTests : IAsyncDisposable
{
    private const string Token = "hvs.token-of-the-test";
    private const string One = "/v1/secret/default/db-key/1";
    private readonly BackendScene _scene = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Theory]
    [InlineData("\"the secret\"", "the secret")]
    [InlineData("[116,104,101,32,115,101,99,114,101,116]", "the secret")]
    [InlineData("{\"user\": \"a\"}", "{\"user\": \"a\"}")]
    [InlineData("[1,256]", "[1,256]")]
    [InlineData("7", "7")]
    public async Task What_upstream_wrote_is_read_from_the_whole_path(string stored, string expected)
    {
        var asked = Serve(One, "GET", 200, $$"""{"data":{"data":{{stored}}},"lease_duration":2764800}""");

        var secret = await Open($"token = \"{Token}\"").FindAsync(BackendScene.Key, Cancel);

        Assert.Equal(expected, Encoding.UTF8.GetString(secret!));
        Assert.Single(asked);
    }

    [Fact]
    public async Task Version_2_is_read_written_and_deleted_with_all_versions()
    {
        var asked = BackendRequest.Serve(_scene.Service, "/v1/kv/team/data/default/db-key/1", request => request.Method == "GET"
            ? (200, """{"data":{"data":{"data":"old"},"metadata":{"version":3}}}""") : (200, "{}"));
        var deleted = BackendRequest.Serve(_scene.Service, "/v1/kv/team/metadata/default/db-key/1", _ => (204, ""));
        var vault = Open($"token = \"{Token}\"\nmount_path = \"kv/team\"\nkv_version = 2\nnamespace = \"ns1\"");

        Assert.Equal("old"u8.ToArray(), await vault.FindAsync(BackendScene.Key, Cancel));
        await vault.SetAsync(BackendScene.Key, "new"u8.ToArray(), Cancel);
        await vault.SetAsync(BackendScene.Key, new byte[] { 0xff, 0 }, Cancel);
        Assert.True(await vault.DeleteAsync(BackendScene.Key, Cancel));

        Assert.Equal(
            ["""{"data":{"data":"new"}}""", """{"data":{"data":[255,0]}}"""], asked.Where(one => one.Method == "POST").Select(one => one.Text));
        Assert.All([.. asked, .. deleted], one => Assert.Equal((Token, "ns1"), (one.Headers["X-Vault-Token"], one.Headers["X-Vault-Namespace"])));
        Assert.Equal("DELETE", Assert.Single(deleted).Method);
    }

    [Fact]
    public async Task Upstreams_names_are_the_tags()
    {
        var asked = Serve("/v1/secret/1", "GET", 200, """{"data":{"data":"x"}}""");

        Assert.NotNull(await Open($"token = \"{Token}\"\nname_template = \"{{tag}}\"").FindAsync(BackendScene.Key, Cancel));
        Assert.Single(asked);
    }

    [Fact]
    public async Task What_is_absent_or_deleted_is_absent()
    {
        var vault = Open($"token = \"{Token}\"");
        Assert.Null(await vault.FindAsync(BackendScene.Key, Cancel));
        Assert.False(await vault.DeleteAsync(BackendScene.Key, Cancel));

        Serve("/v1/secret/data/default/db-key/1", "GET", 200, """{"data":{"data":null,"metadata":{"deletion_time":"2026-01-01T00:00:00Z"}}}""");
        Assert.Null(await Open($"token = \"{Token}\"\nkv_version = 2").FindAsync(BackendScene.Key, Cancel));
    }

    [Fact]
    public async Task The_token_comes_from_a_file_or_a_variable_and_is_read_each_time()
    {
        var asked = Serve(One, "GET", 200, """{"data":{"data":"x"}}""");
        var file = _scene.Write("token", "first\n");
        var vault = Open($"token_file = \"{file}\"");
        await vault.FindAsync(BackendScene.Key, Cancel);
        _scene.Write("token", "second\n");
        await vault.FindAsync(BackendScene.Key, Cancel);
        _scene.Variables["VAULT_TOKEN"] = "third";
        await Open("token_env = \"VAULT_TOKEN\"").FindAsync(BackendScene.Key, Cancel);

        Assert.Equal(["first", "second", "third"], asked.Select(one => one.Headers["X-Vault-Token"]));
        Assert.Contains("OTHER", await ReasonAsync(Open("token_env = \"OTHER\"")), StringComparison.Ordinal);
        Assert.Contains("/absent", await ReasonAsync(Open("token_file = \"/absent\"")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_role_logs_in_once_and_again_when_its_token_is_refused()
    {
        var given = 0;
        var logins = BackendRequest.Serve(
            _scene.Service, "/v1/auth/own/login", _ => (200, $$$"""{"auth":{"client_token":"t{{{++given}}}","lease_duration":3600}}"""));
        var isRevoked = false;
        var asked = BackendRequest.Serve(_scene.Service, One, request =>
            isRevoked && request.Headers["X-Vault-Token"] == "t1" ? (403, """{"errors":["permission denied"]}""") : (200, """{"data":{"data":"x"}}"""));
        var vault = Open($"auth = \"approle\"\nauth_mount = \"own\"\nrole_id = \"r\"\nsecret_id_file = \"{_scene.Write("id", "s\n")}\"");

        await vault.FindAsync(BackendScene.Key, Cancel);
        await vault.FindAsync(BackendScene.Key, Cancel);
        Assert.Equal("""{"role_id":"r","secret_id":"s"}""", Assert.Single(logins).Text);
        isRevoked = true;
        Assert.Contains("403", await ReasonAsync(vault), StringComparison.Ordinal);
        await vault.FindAsync(BackendScene.Key, Cancel);

        Assert.Equal(["t1", "t1", "t1", "t2"], asked.Select(one => one.Headers["X-Vault-Token"]));
    }

    [Fact]
    public async Task A_service_account_logs_in_with_its_token()
    {
        var logins = BackendRequest.Serve(
            _scene.Service, "/v1/auth/kubernetes/login", _ => (200, """{"auth":{"client_token":"t","lease_duration":0}}"""));
        Serve(One, "GET", 200, """{"data":{"data":"x"}}""", "t");

        await Open($"auth = \"kubernetes\"\nrole = \"nacre\"\njwt_file = \"{_scene.Write("jwt", "a.b.c")}\"").FindAsync(BackendScene.Key, Cancel);

        Assert.Equal("""{"role":"nacre","jwt":"a.b.c"}""", Assert.Single(logins).Text);
    }

    [Theory]
    [InlineData(403, "{}", "the token has ended")]
    [InlineData(405, "{}", "kv_version")]
    [InlineData(503, "{}", "sealed")]
    [InlineData(500, "the secret", "500")]
    [InlineData(200, "no JSON: the secret", "no JSON object")]
    [InlineData(200, """{"data":{"other":"the secret"}}""", "no member 'data'")]
    public async Task Refusals_say_what_to_do_and_nothing_that_was_sent_or_received(int status, string body, string what)
    {
        Serve(One, "GET", status, body.Replace("the secret", $"sent-back {Token}", StringComparison.Ordinal));

        var reason = await ReasonAsync(Open($"token = \"{Token}\""));

        Assert.Contains(what, reason, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, reason, StringComparison.Ordinal);
        Assert.DoesNotContain("sent-back", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = new Verifiers.Collateral.StandInService();
        other.Serve("/stolen", "{}"u8.ToArray());
        _scene.Service.Refuse(One, 307, ("Location", new Uri(other.Url, "stolen").ToString()));

        Assert.Contains("redirects (307)", await ReasonAsync(Open($"token = \"{Token}\"")), StringComparison.Ordinal);
        Assert.Empty(other.Asked);
    }

    [Fact]
    public async Task A_service_that_stalls_floods_or_is_not_there_is_given_up()
    {
        var vault = Open($"token = \"{Token}\"");
        _scene.Service.Stall(One);
        Assert.Contains("within 10 seconds", await ReasonAsync(vault), StringComparison.Ordinal);
        _scene.Service.Flood(One);
        Assert.Contains("longer than", await ReasonAsync(vault), StringComparison.Ordinal);
        Assert.Contains("cannot be asked", await ReasonAsync(_scene.Open(
            $"storage_backend_type = \"Vault\"\nvault_url = \"http://127.0.0.1:1\"\ntoken = \"{Token}\"")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_is_too_large_is_refused()
    {
        Serve(One, "GET", 200, new JsonObject { ["data"] = new JsonObject { ["data"] = new string('a', 2 * 1024 * 1024 + 1) } }.ToJsonString());

        Assert.Contains("larger than", await ReasonAsync(Open($"token = \"{Token}\"")), StringComparison.Ordinal);
    }

    private static async Task<string> ReasonAsync(IResourceBackend vault) =>
        (await Assert.ThrowsAsync<BackendException>(async () => await vault.FindAsync(BackendScene.Key, Cancel))).Message;

    private IResourceBackend Open(string keys) => _scene.Open($"storage_backend_type = \"Vault\"\nvault_url = \"{_scene.Url}\"\n{keys}");

    private ConcurrentQueue<BackendRequest> Serve(string path, string method, int status, string body, string? token = null) =>
        BackendRequest.Serve(_scene.Service, path, request => request.Method == method && (token is null || request.Headers["X-Vault-Token"] == token)
            ? (status, body) : (400, "{}"));
}
