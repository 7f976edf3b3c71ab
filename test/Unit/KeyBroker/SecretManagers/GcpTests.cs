using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.UnitTests.KeyBroker.SecretManagers;

/// <summary>Google's documented answers, by a stand-in that verifies the assertion of the service account.</summary>
[Trait("Group", "TrustSecretManagers")]
public sealed class GcpTests : IAsyncDisposable
{
    private const string One = "/v1/projects/p-1/secrets/default__db-key__1/versions/latest:access";
    private readonly BackendScene _scene = new();
    private readonly RSA _key = RSA.Create(2048);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _key.Dispose();
        return _scene.DisposeAsync();
    }

    [Fact]
    public async Task A_service_account_proves_itself_once_and_reads_the_whole_path()
    {
        var logins = ServeLogin();
        var asked = BackendRequest.Serve(_scene.Service, One, request =>
            request.Headers["Authorization"] == "Bearer ya29.good" ? (200, Answer("the secret"u8.ToArray())) : (401, "{}"));
        var gcp = Open();

        Assert.Equal("the secret", Encoding.UTF8.GetString((await gcp.FindAsync(BackendScene.Key, Cancel))!));
        await gcp.FindAsync(BackendScene.Key, Cancel);

        Assert.Equal(2, asked.Count);
        Assert.Single(logins);
    }

    [Fact]
    public async Task Without_a_file_the_machine_is_asked()
    {
        _scene.Variables["GCE_METADATA_HOST"] = _scene.Service.Url.Authority;
        BackendRequest.Serve(
            _scene.Service, "/computeMetadata/v1/instance/service-accounts/default/token",
            request => request.Headers["Metadata-Flavor"] == "Google" ? (200, """{"access_token":"m","expires_in":3599,"token_type":"Bearer"}""") : (403, ""));
        BackendRequest.Serve(_scene.Service, "/v1/projects/p-1/secrets/1/versions/latest:access", request =>
            request.Headers["Authorization"] == "Bearer m" ? (200, Answer([1])) : (401, "{}"));

        Assert.Equal([1], await OpenBare("name_template = \"{tag}\"").FindAsync(BackendScene.Key, Cancel));
    }

    [Theory]
    [InlineData(403, """{"error":{"code":403,"status":"PERMISSION_DENIED","message":"the secret"}}""", "403 PERMISSION_DENIED;")]
    [InlineData(400, """{"error":{"code":400,"status":"the secret"}}""", "answers 400;")]
    [InlineData(200, """{"payload":{"data":"AQ==","dataCrc32c":"7"}}""", "dataCrc32c")]
    [InlineData(200, """{"payload":{"data":"!"}}""", "holds no secret")]
    [InlineData(200, "the secret", "no JSON object")]
    public async Task Refusals_say_why(int status, string body, string what)
    {
        ServeLogin();
        BackendRequest.Serve(_scene.Service, One, _ => (status, body));

        var reason = await ReasonAsync(Open());

        Assert.Contains(what, reason, StringComparison.Ordinal);
        Assert.DoesNotContain("ya29", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_absent_is_absent_and_nothing_is_changed_from_here()
    {
        ServeLogin();
        BackendRequest.Serve(_scene.Service, One, _ => (404, """{"error":{"code":404,"status":"NOT_FOUND"}}"""));
        var gcp = Open();

        Assert.Null(await gcp.FindAsync(BackendScene.Key, Cancel));
        Assert.True((await Assert.ThrowsAsync<BackendException>(async () => await gcp.SetAsync(BackendScene.Key, new byte[1], Cancel))).IsReadOnly);
    }

    [Theory]
    [InlineData("""{"type":"authorized_user","refresh_token":"piece-of-key"}""", "service_account")]
    [InlineData("""{"type":"service_account","private_key":"piece-of-key","token_uri":"https://a.example"}""", "no key")]
    [InlineData("""{"type":"service_account","private_key":"piece-of-key","token_uri":"http://a.example"}""", "token_uri")]
    [InlineData("piece-of-key", "no key")]
    public async Task A_file_that_is_no_service_account_is_refused_without_its_contents(string file, string what)
    {
        _scene.Variables["GOOGLE_APPLICATION_CREDENTIALS"] = _scene.Write("account.json", file);

        var reason = await ReasonAsync(OpenBare(""));

        Assert.Contains(what, reason, StringComparison.Ordinal);
        Assert.DoesNotContain("piece-of-key", reason, StringComparison.Ordinal);
    }

    private static async Task<string> ReasonAsync(IResourceBackend gcp) =>
        (await Assert.ThrowsAsync<BackendException>(async () => await gcp.FindAsync(BackendScene.Key, Cancel))).Message;

    private static string Answer(byte[] secret)
    {
        var sum = secret.Aggregate(uint.MaxValue, BitOperations.Crc32C);
        return $$$"""{"name":"projects/1/secrets/x/versions/1","payload":{"data":"{{{Convert.ToBase64String(secret)}}}","dataCrc32c":"{{{~sum}}}"}}""";
    }

    // RFC 7523 section 3: signed by the account's key, from it, for this address, and short.
    private System.Collections.Concurrent.ConcurrentQueue<BackendRequest> ServeLogin() => BackendRequest.Serve(_scene.Service, "/token", request =>
    {
        var form = HttpUtility.ParseQueryString(request.Text);
        var parts = form["assertion"]!.Split('.');
        Assert.True(Base64UrlText.TryDecode(parts[1], out var payload));
        Assert.True(Base64UrlText.TryDecode(parts[2], out var signature));
        var claims = JsonNode.Parse(payload)!;
        var isGood = form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            && _key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            && (string?)claims["iss"] == "nacre@p-1.iam" && (string?)claims["aud"] == $"{_scene.Url}/token"
            && (long)claims["exp"]! - (long)claims["iat"]! <= 3600;
        return isGood ? (200, """{"access_token":"ya29.good","expires_in":3599,"token_type":"Bearer"}""") : (400, """{"error":"invalid_grant"}""");
    });

    private IResourceBackend Open()
    {
        _scene.Variables["GOOGLE_APPLICATION_CREDENTIALS"] = _scene.Write("account.json", new JsonObject
        {
            ["type"] = "service_account",
            ["private_key_id"] = "k1",
            ["private_key"] = _key.ExportPkcs8PrivateKeyPem(),
            ["client_email"] = "nacre@p-1.iam",
            ["token_uri"] = $"{_scene.Url}/token",
        }.ToJsonString());
        return OpenBare("");
    }

    private IResourceBackend OpenBare(string keys) =>
        _scene.Open($"storage_backend_type = \"Gcp\"\nproject_id = \"p-1\"\nendpoint_url = \"{_scene.Url}\"\n{keys}");
}
