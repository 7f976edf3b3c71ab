using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Trust;
using Nacre.Formats.Jose;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Cli;

/// <summary>Every verb of <c>nacre kbs-client</c> against a server, and what it sends, byte for byte (trust.md 5.1, 1.11).</summary>
[Trait("Group", "TrustClient")]
public sealed class KbsClientTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-kbs-client-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_verb_does_its_work_on_a_server()
    {
        await using var stage = await TrustStage.StartAsync();
        var secret = Write("secret", "from a script");
        var attestation = Write("policy.rego", "package policy\ntrust_claims := {\"executables\": 3, \"hardware\": 2, \"configuration\": 2}\n");

        await ConfigAsync(stage, "set-resource", "--path", "a/b/c", "--resource-file", secret);
        await ConfigAsync(stage, "set-sample-reference-value", "svn", "1");
        Assert.Equal("""["1"]""", await ConfigAsync(stage, "get-reference-value", "--id", "svn"));
        await ConfigAsync(stage, "set-sample-reference-value", "svn", "-7", "--as-integer");
        Assert.Equal("[-7]", await ConfigAsync(stage, "get-reference-value", "--id", "svn"));
        await ConfigAsync(stage, "set-sample-reference-value", "svn", "true", "--as-bool", "--as-single-value");
        Assert.Equal("true", await ConfigAsync(stage, "get-reference-value", "--id", "svn"));

        (await RunAsync(stage, "get-resource", "--path", "a/b/c")).AssertFailed(3, "Access denied by policy");
        await ConfigAsync(stage, "set-attestation-policy", "--type", "rego", "--id", "default_cpu", "--policy-file", attestation);
        Assert.Equal(Encode("from a script"), await DoneAsync(stage, "get-resource", "--path", "a/b/c"));
        await ConfigAsync(stage, "set-resource-policy", "--deny-all");
        (await RunAsync(stage, "get-resource", "--path", "a/b/c")).AssertFailed(3, "Access denied by policy");
        foreach (var ready in (string[])["--allow-all", "--affirming", "--default"])
        {
            await ConfigAsync(stage, "set-resource-policy", ready);
            Assert.Equal(Encode("from a script"), await DoneAsync(stage, "get-resource", "--path", "a/b/c"));
        }

        await ConfigAsync(stage, "delete-resource", "--path", "a/b/c");
        Assert.NotEqual(0, (await RunAsync(stage, "get-resource", "--path", "a/b/c")).ExitCode);
    }

    [Fact]
    public async Task A_token_and_its_key_are_a_passport_and_init_data_is_in_it()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var keyFile = Write("key.pem", key.ExportPkcs8PrivateKeyPem());

        var token = await DoneAsync(stage, "attest", "--tee-key-file", keyFile);
        var claims = JsonNode.Parse(JsonWebToken.Parse(token).Payload)!;
        var x = (string?)claims["submods"]!["cpu0"]!["ear.veraison.annotated-evidence"]!["runtime_data_claims"]!["tee-pubkey"]!["x"];
        Assert.Equal(Base64UrlText.Encode(key.ExportParameters(false).Q.X), x);

        var secret = await DoneAsync(
            stage, "get-resource", "--path", "default/key/1", "--tee-key-file", keyFile, "--attestation-token", Write("token", token));
        Assert.Equal(Encode(TrustStage.SecretText), secret);
        (await RunAsync(stage, "get-resource", "--path", "default/key/1", "--attestation-token", Path.Combine(_folder, "token")))
            .AssertFailed(1, "--tee-key-file");
        (await RunAsync(stage, "attest", "no init-data")).AssertFailed(1, "init-data");
    }

    [Fact]
    public async Task Requests_are_those_of_upstreams_client()
    {
        using var listener = new HttpListener();
        var port = FreePort();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        var policy = Write("policy.rego", "package policy\n");
        var token = Write("admin-token", "the-token\n");
        (string[] Arguments, string Method, string Path, string? Type, string Body)[] cases =
        [
            (["set-resource-policy", "--policy-file", policy], "POST", "/kbs/v0/resource-policy", "application/json",
                """{"policy":"cGFja2FnZSBwb2xpY3kK"}"""),
            (["set-attestation-policy", "--policy-file", policy], "POST", "/kbs/v0/attestation-policy", "application/json",
                """{"type":"rego","policy_id":"default_cpu","policy":"cGFja2FnZSBwb2xpY3kK"}"""),
            (["set-resource", "--path", "a/b/c", "--resource-file", policy], "POST", "/kbs/v0/resource/a/b/c", "application/octet-stream",
                "package policy\n"),
            (["delete-resource", "--path", "a/b/c"], "DELETE", "/kbs/v0/resource/a/b/c", null, ""),
            (["get-reference-value", "--id", "a/b"], "GET", "/kbs/v0/reference-value/a/b", null, ""),
            (["set-sample-reference-value", "n", "v"], "POST", "/kbs/v0/reference-value", "application/json",
                """{"version":"0.1.0","type":"sample","payload":"eyJuIjpbInYiXX0="}"""),
        ];
        foreach (var (arguments, method, path, type, body) in cases)
        {
            var running = NacreProgram.RunAsync(
                ["kbs-client", "--url", $"http://127.0.0.1:{port}", "config", "--admin-token-file", token, .. arguments]);
            var context = await listener.GetContextAsync().WaitAsync(TimeSpan.FromSeconds(60), Cancel);
            using var reader = new StreamReader(context.Request.InputStream);
            var sent = await reader.ReadToEndAsync(Cancel);
            context.Response.Close();

            (await running).AssertDone();
            Assert.Equal((method, path, type, body), (context.Request.HttpMethod, context.Request.RawUrl, context.Request.ContentType, sent));
            Assert.Equal("Bearer the-token", context.Request.Headers["Authorization"]);
            Assert.Matches(@"^kbs-client/[0-9.]+$", context.Request.UserAgent);
        }
    }

    [Fact]
    public async Task Without_a_token_it_says_so_and_asks_anyway()
    {
        await using var stage = await TrustStage.StartAsync();

        var result = await RunAsync(stage, ["config", "delete-resource", "--path", "a/b/c"], withToken: false);

        result.AssertFailed(4, "admin access denied");
        Assert.Contains("no admin token", result.Error, StringComparison.Ordinal);
    }

    private async Task<string> ConfigAsync(TrustStage stage, params string[] arguments)
    {
        var result = await RunAsync(stage, ["config", "--admin-token-file", TrustServer.AdminTokenPath(stage.Directory), .. arguments]);
        result.AssertDone();
        return result.Output.TrimEnd();
    }

    private async Task<string> DoneAsync(TrustStage stage, params string[] arguments)
    {
        var result = await RunAsync(stage, arguments);
        result.AssertDone();
        return result.Output.TrimEnd();
    }

    private Task<ProgramResult> RunAsync(TrustStage stage, params string[] arguments) => RunAsync(stage, arguments, withToken: true);

    // The home directory is where upstream's client looks for a token.
    private Task<ProgramResult> RunAsync(TrustStage stage, string[] arguments, bool withToken) => NacreProgram.RunAsync(
        ["kbs-client", "--url", stage.Server.Url.GetLeftPart(UriPartial.Authority), "--cert-file", TrustServer.CaPath(stage.Directory), .. arguments],
        new Dictionary<string, string?> { ["HOME"] = withToken ? Environment.GetEnvironmentVariable("HOME") : _folder });

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
