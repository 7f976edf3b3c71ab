using System.Text;
using System.Web;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.UnitTests.KeyBroker.SecretManagers;

/// <summary>Key Vault's and Entra ID's documented answers, by a stand-in.</summary>
[Trait("Group", "TrustSecretManagers")]
public sealed class AzureTests : IAsyncDisposable
{
    private const string One = "/secrets/default--db-2dkey--1";
    private readonly BackendScene _scene = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task A_client_with_a_secret_reads_the_whole_path()
    {
        _scene.Variables["AZURE_CLIENT_SECRET"] = "client secret & more";
        var logins = ServeLogin(("client_secret", "client secret & more"));
        var asked = Serve("t", 200, """{"value":"the secret","id":"https://x"}""");
        var azure = Open();

        Assert.Equal("the secret", Encoding.UTF8.GetString((await azure.FindAsync(BackendScene.Key, Cancel))!));
        await azure.FindAsync(BackendScene.Key, Cancel);

        Assert.Single(logins);
        Assert.All(asked, one => Assert.Equal(One + "?api-version=7.4", one.Path));
    }

    [Fact]
    public async Task A_workload_shows_its_token()
    {
        _scene.Variables["AZURE_FEDERATED_TOKEN_FILE"] = _scene.Write("federated", "a.b.c\n");
        ServeLogin(("client_assertion", "a.b.c"), ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        Serve("t", 200, """{"value":"AQI="}""");

        Assert.Equal([1, 2], await Open("encoding = \"base64\"").FindAsync(BackendScene.Key, Cancel));
    }

    [Fact]
    public async Task The_machine_has_an_identity()
    {
        _scene.Variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = _scene.Url;
        var asked = BackendRequest.Serve(_scene.Service, "/metadata/identity/oauth2/token", request =>
            request.Headers["Metadata"] == "true" ? (200, """{"access_token":"m","expires_in":"3599"}""") : (400, "{}"));
        Serve("m", 200, """{"value":"x"}""");

        Assert.Equal("x"u8.ToArray(), await OpenBare("").FindAsync(BackendScene.Key, Cancel));
        Assert.EndsWith("resource=https%3A%2F%2Fvault.azure.net", Assert.Single(asked).Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, """{"error":{"code":"Forbidden","message":"the secret"}}""", "403 Forbidden;")]
    [InlineData(200, """{"value":7}""", "holds no secret")]
    [InlineData(500, "the secret", "no JSON object")]
    public async Task Refusals_say_why(int status, string body, string what)
    {
        _scene.Variables["AZURE_CLIENT_SECRET"] = "s";
        ServeLogin(("client_secret", "s"));
        Serve("t", status, body);

        Assert.Contains(what, await ReasonAsync(Open()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_is_refused_says_so_without_the_secret()
    {
        _scene.Variables["AZURE_CLIENT_SECRET"] = "wrong";
        ServeLogin(("client_secret", "right"));

        var reason = await ReasonAsync(Open());

        Assert.Contains("invalid_client", reason, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_absent_is_absent()
    {
        _scene.Variables["AZURE_CLIENT_SECRET"] = "s";
        ServeLogin(("client_secret", "s"));
        Serve("t", 404, """{"error":{"code":"SecretNotFound"}}""");

        Assert.Null(await Open().FindAsync(BackendScene.Key, Cancel));
        Assert.Contains("127", await ReasonAsync(OpenBare("name_template = \"{repository}/{tag}\"")), StringComparison.Ordinal);
    }

    private static async Task<string> ReasonAsync(IResourceBackend azure) =>
        (await Assert.ThrowsAsync<BackendException>(async () => await azure.FindAsync(BackendScene.Key, Cancel))).Message;

    private System.Collections.Concurrent.ConcurrentQueue<BackendRequest> ServeLogin(params (string Name, string Value)[] proof) =>
        BackendRequest.Serve(_scene.Service, "/tenant-1/oauth2/v2.0/token", request =>
        {
            var form = HttpUtility.ParseQueryString(request.Text);
            return form["grant_type"] == "client_credentials" && form["client_id"] == "client-1" && form["scope"] == "https://vault.azure.net/.default"
                && Array.TrueForAll(proof, one => form[one.Name] == one.Value)
                ? (200, """{"access_token":"t","expires_in":3599}""") : (401, """{"error":"invalid_client"}""");
        });

    private System.Collections.Concurrent.ConcurrentQueue<BackendRequest> Serve(string token, int status, string body) =>
        BackendRequest.Serve(_scene.Service, One, request => request.Headers["Authorization"] == $"Bearer {token}" ? (status, body) : (401, "{}"));

    private IResourceBackend Open(string keys = "")
    {
        _scene.Variables["AZURE_TENANT_ID"] = "tenant-1";
        _scene.Variables["AZURE_CLIENT_ID"] = "client-1";
        _scene.Variables["AZURE_AUTHORITY_HOST"] = _scene.Url;
        return OpenBare(keys);
    }

    private IResourceBackend OpenBare(string keys) => _scene.Open($"storage_backend_type = \"Azure\"\nvault_url = \"{_scene.Url}\"\n{keys}");
}
