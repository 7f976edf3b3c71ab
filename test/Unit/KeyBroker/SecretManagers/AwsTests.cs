using System.Text;
using Nacre.KeyBroker.Plugins.Aws;
using Nacre.KeyBroker.Plugins.SecretManagers;
using Nacre.Storage.Aws;

namespace Nacre.UnitTests.KeyBroker.SecretManagers;

/// <summary>Signature Version 4 with AWS's published examples, and Secrets Manager's GetSecretValue with a stand-in that checks signatures.</summary>
[Trait("Group", "TrustSecretManagers")]
public sealed class AwsTests : IAsyncDisposable
{
    private static readonly AwsCredentials s_example = new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", null);
    private readonly BackendScene _scene = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    // The test suite of Signature Version 4: get-vanilla, post-vanilla, get-header-value-trim.
    [Theory]
    [InlineData("GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("POST", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("GET", "Param1=value1&Param2=value2", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    public void Signatures_are_those_of_the_published_test_suite(string method, string query, string signature)
    {
        var request = new AwsRequest(
            method, "/", query,
            new Dictionary<string, string> { ["x-amz-date"] = "20150830T123600Z", ["host"] = "example.amazonaws.com" }, ReadOnlyMemory<byte>.Empty);

        Assert.Equal(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + signature,
            request.Authorization(s_example, "us-east-1", "service"));
    }

    // AWS General Reference, the example of ListUsers.
    [Fact]
    public void The_signature_of_the_documented_example_comes_out()
    {
        var request = new AwsRequest(
            "GET", "/", "Action=ListUsers&Version=2010-05-08",
            new Dictionary<string, string>
            {
                ["x-amz-date"] = "20150830T123600Z",
                ["host"] = "iam.amazonaws.com",
                ["content-type"] = "application/x-www-form-urlencoded; charset=utf-8",
            },
            ReadOnlyMemory<byte>.Empty);

        Assert.EndsWith(
            "SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            request.Authorization(s_example, "us-east-1", "iam"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"SecretString":"the secret","Name":"x"}""")]
    [InlineData("""{"SecretBinary":"dGhlIHNlY3JldA==","Name":"x"}""")]
    [InlineData("""{"SecretBinary":"dGhlIHNlY3JldA==","SecretString":"another"}""")]
    public async Task The_secret_of_the_whole_path_is_read_with_a_good_signature(string answer)
    {
        var asked = BackendRequest.Serve(_scene.Service, "/", request => IsSigned(request) ? (200, answer) : (400, """{"__type":"InvalidSignatureException"}"""));

        Assert.Equal("the secret", Encoding.UTF8.GetString((await Open().FindAsync(BackendScene.Key, Cancel))!));

        var request = Assert.Single(asked);
        Assert.Equal(("""{"SecretId":"default/db-key/1"}""", "secretsmanager.GetSecretValue"), (request.Text, request.Headers["x-amz-target"]));
        Assert.Equal("the session", request.Headers["x-amz-security-token"]);
    }

    [Theory]
    [InlineData("""{"__type":"AccessDeniedException","Message":"arn of the secret"}""", "400 AccessDeniedException;")]
    [InlineData("""{"__type":"com.amazonaws.secretsmanager#DecryptionFailure"}""", "400 DecryptionFailure;")]
    [InlineData("""{"__type":"a secret that was sent back"}""", "answers 400;")]
    [InlineData("<html>", "no JSON object")]
    public async Task Refusals_say_the_name_of_the_error_alone(string body, string what)
    {
        BackendRequest.Serve(_scene.Service, "/", _ => (400, body));

        var refusal = await Assert.ThrowsAsync<BackendException>(async () => await Open().FindAsync(BackendScene.Key, Cancel));

        Assert.Contains(what, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.Message.Replace("secretsmanager:", "", StringComparison.Ordinal).Replace("state of the secret", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_absent_is_absent_and_nothing_is_changed_from_here()
    {
        BackendRequest.Serve(_scene.Service, "/", _ => (400, """{"__type":"ResourceNotFoundException"}"""));
        var aws = Open();

        Assert.Null(await aws.FindAsync(BackendScene.Key, Cancel));
        Assert.True((await Assert.ThrowsAsync<BackendException>(async () => await aws.SetAsync(BackendScene.Key, new byte[1], Cancel))).IsReadOnly);
        Assert.Equal(405, (await Assert.ThrowsAsync<BackendException>(async () => await aws.DeleteAsync(BackendScene.Key, Cancel))).ToProblem().Status);
    }

    [Fact]
    public async Task Credentials_come_from_the_file_or_from_the_machine()
    {
        var asked = BackendRequest.Serve(_scene.Service, "/", _ => (200, """{"SecretString":"x"}"""));
        var file = _scene.Write("credentials", "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = a\n[own]\naws_access_key_id=AKIDOWN\naws_secret_access_key=b\n");
        _scene.Variables["AWS_SHARED_CREDENTIALS_FILE"] = file;
        await OpenBare().FindAsync(BackendScene.Key, Cancel);
        _scene.Variables["AWS_PROFILE"] = "own";
        await OpenBare().FindAsync(BackendScene.Key, Cancel);

        _scene.Variables.Clear();
        _scene.Variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = _scene.Url;
        const string roles = "/latest/meta-data/iam/security-credentials/";
        BackendRequest.Serve(_scene.Service, "/latest/api/token", request =>
            request.Method == "PUT" && request.Headers["X-aws-ec2-metadata-token-ttl-seconds"] is not null ? (200, "machine-token") : (400, ""));
        BackendRequest.Serve(_scene.Service, roles, request => request.Headers["X-aws-ec2-metadata-token"] == "machine-token" ? (200, "role1") : (401, ""));
        var given = BackendRequest.Serve(_scene.Service, roles + "role1", request => request.Headers["X-aws-ec2-metadata-token"] == "machine-token"
            ? (200, """{"Code":"Success","AccessKeyId":"AKIDMACHINE","SecretAccessKey":"c","Token":"d","Expiration":"2099-01-01T00:00:00Z"}""") : (401, ""));
        var aws = OpenBare();
        await aws.FindAsync(BackendScene.Key, Cancel);
        await aws.FindAsync(BackendScene.Key, Cancel);

        Assert.Single(given);
        Assert.Equal(
            ["AKIDDEFAULT", "AKIDOWN", "AKIDMACHINE", "AKIDMACHINE"],
            asked.Select(one => one.Headers["Authorization"]!.Split('=')[1].Split('/')[0]));
    }

    // The service's side: signs again what it received, with the key it knows.
    private static bool IsSigned(BackendRequest request)
    {
        var names = request.Headers["Authorization"]!.Split("SignedHeaders=")[1].Split(',')[0].Split(';');
        var headers = names.ToDictionary(name => name, name => request.Headers[name]!);
        var again = new AwsRequest(request.Method, "/", "", headers, request.Body);
        return again.Authorization(new("AKIDOFTEST", "the key", null), "eu-central-1", "secretsmanager") == request.Headers["Authorization"]
            && ((string[])["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"]).SequenceEqual(names);
    }

    private IResourceBackend Open()
    {
        _scene.Variables["AWS_ACCESS_KEY_ID"] = "AKIDOFTEST";
        _scene.Variables["AWS_SECRET_ACCESS_KEY"] = "the key";
        _scene.Variables["AWS_SESSION_TOKEN"] = "the session";
        return OpenBare();
    }

    private IResourceBackend OpenBare() =>
        _scene.Open($"storage_backend_type = \"Aws\"\nregion = \"eu-central-1\"\nendpoint_url = \"{_scene.Url}\"");
}
