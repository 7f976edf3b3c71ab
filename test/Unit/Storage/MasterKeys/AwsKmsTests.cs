using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Storage;
using Nacre.Storage.Aws;
using Nacre.Storage.Encryption;
using Nacre.Storage.MasterKeys;
using Nacre.Storage.MasterKeys.AwsKms;
using Nacre.UnitTests.Storage.Aws;
using Nacre.UnitTests.Verifiers.Collateral;

namespace Nacre.UnitTests.Storage.MasterKeys;

/// <summary>Against a server that checks each signature by itself and answers as the API reference of AWS KMS says.</summary>
[Trait("Group", "TrustKeys")]
public sealed class AwsKmsTests : IAsyncDisposable
{
    private const string Arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private readonly StandInService _service = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private int _failures;

    public AwsKmsTests() => _service.Answers["/"] = AnswerAsync;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Signs_as_the_published_test_suite_does()
    {
        var signed = AwsSignature.Authorization(
            new AwsCredentials("AKIDEXAMPLE", Secret, null), "us-east-1", "service", "20150830T123600Z",
            [("x-amz-date", "20150830T123600Z"), ("host", "example.amazonaws.com")], []);

        Assert.Equal(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, "
            + "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", signed);
    }

    [Fact]
    public async Task Wraps_and_unwraps_a_store()
    {
        await using var master = await OpenAsync(Secret);
        await using var store = await EncryptedStore.OpenAsync(new Nacre.Storage.Memory.MemoryStore(), master, Cancel);
        await store.SetAsync("space", "key", [1], WriteCondition.None, Cancel);

        Assert.Equal([1], (await store.FindAsync("space", "key", Cancel))!.Value);
        Assert.Equal($"awskms:{Arn}", master.Id);
        Assert.Equal(2, _service.Count("/"));
    }

    [Fact]
    public async Task Signs_with_the_role_of_a_web_identity()
    {
        await using var sts = new StandInService();
        sts.Serve("/", Encoding.UTF8.GetBytes(AwsCredentialChainTests.Sts("AKIDEXAMPLE", DateTimeOffset.UtcNow.AddHours(1), Secret, "a session")));
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "a token", Cancel);
            await using var master = await MasterKeyList.OpenAsync(
                $"awskms:{Arn}", MasterKeyList.Sources,
                new(
                    name => name switch
                    {
                        "AWS_ENDPOINT_URL_KMS" => _service.Url.GetLeftPart(UriPartial.Authority),
                        "AWS_ENDPOINT_URL_STS" => sts.Url.GetLeftPart(UriPartial.Authority),
                        "AWS_ROLE_ARN" => "arn:aws:iam::123456789012:role/nacre",
                        "AWS_WEB_IDENTITY_TOKEN_FILE" => file,
                        _ => null,
                    },
                    TimeProvider.System),
                Cancel);
            using var dataKey = SecretBytes.Random(32);
            using var again = await master.UnwrapAsync(await master.WrapAsync(dataKey, "c"u8.ToArray(), Cancel), "c"u8.ToArray(), Cancel);

            Assert.Equal(dataKey.Reveal(), again.Reveal());
            Assert.Equal((1, 2), (sts.Count("/"), _service.Count("/")));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Tries_again_while_the_service_is_overloaded()
    {
        _failures = 2;
        await using var master = await OpenAsync(Secret);
        using var dataKey = SecretBytes.Random(32);
        var wrapped = await master.WrapAsync(dataKey, "c"u8.ToArray(), Cancel);

        using var again = await master.UnwrapAsync(wrapped, "c"u8.ToArray(), Cancel);
        Assert.Equal(dataKey.Reveal(), again.Reveal());
        Assert.Equal(4, _service.Count("/"));
    }

    [Fact]
    public async Task Says_what_was_refused_and_what_to_do()
    {
        await using var wrong = await OpenAsync("another secret");
        using var dataKey = SecretBytes.Random(32);
        var signature = await Assert.ThrowsAsync<StoreException>(() => wrong.WrapAsync(dataKey, "c"u8.ToArray(), Cancel).AsTask());
        Assert.Contains("check the credentials and the clock", signature.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another secret", signature.Message, StringComparison.Ordinal);

        await using var master = await OpenAsync(Secret);
        var wrapped = await master.WrapAsync(dataKey, "c"u8.ToArray(), Cancel);
        var context = await Assert.ThrowsAsync<StoreException>(() => master.UnwrapAsync(wrapped, "d"u8.ToArray(), Cancel).AsTask());
        Assert.Contains("InvalidCiphertextException", context.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_are_read_from_the_file_that_aws_programs_share()
    {
        var text = "[other]\naws_access_key_id = A\n# a comment\n[work]\naws_access_key_id=B\naws_secret_access_key = C=\naws_session_token = D\n";

        Assert.Equal(new AwsCredentials("B", "C=", "D"), AwsCredentials.FromText(text, "work"));
        Assert.Null(AwsCredentials.FromText(text, "other"));
        Assert.DoesNotContain("C=", new AwsCredentials("B", "C=", "D").ToString(), StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    private async ValueTask<IMasterKey> OpenAsync(string secret) => await MasterKeyList.OpenAsync(
        $"awskms:{Arn}", MasterKeyList.Sources,
        new(
            name => name switch
            {
                "AWS_ENDPOINT_URL_KMS" => _service.Url.GetLeftPart(UriPartial.Authority),
                "AWS_ACCESS_KEY_ID" => "AKIDEXAMPLE",
                "AWS_SECRET_ACCESS_KEY" => secret,
                "AWS_SESSION_TOKEN" => "a session",
                _ => null,
            },
            TimeProvider.System),
        Cancel);

    private async Task AnswerAsync(HttpListenerContext context, CancellationToken cancel)
    {
        if (Interlocked.Decrement(ref _failures) >= 0)
        {
            context.Response.StatusCode = 503;
            return;
        }

        using var buffer = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(buffer, cancel);
        var answer = Answer(context.Request, buffer.ToArray(), out var status);
        context.Response.StatusCode = status;
        var bytes = Encoding.UTF8.GetBytes(answer.ToJsonString());
        await context.Response.OutputStream.WriteAsync(bytes, cancel);
    }

    private JsonObject Answer(HttpListenerRequest request, byte[] body, out int status)
    {
        status = 400;
        if (!IsSigned(request, body))
            return new JsonObject { ["__type"] = "InvalidSignatureException", ["message"] = "The request signature does not match" };

        var call = JsonNode.Parse(body)!;
        Assert.Equal(Arn, (string?)call["KeyId"]);
        var context = Encoding.UTF8.GetBytes((string)call["EncryptionContext"]!["nacre"]!);
        status = 200;
        if (request.Headers["x-amz-target"] == "TrentService.Encrypt")
        {
            var wrapped = Sealed.Seal(_key, Convert.FromBase64String((string)call["Plaintext"]!), context);
            return new JsonObject { ["CiphertextBlob"] = Convert.ToBase64String(wrapped), ["KeyId"] = Arn };
        }

        Assert.Equal("TrentService.Decrypt", request.Headers["x-amz-target"]);
        if (Sealed.Open(_key, Convert.FromBase64String((string)call["CiphertextBlob"]!), context) is { } plaintext)
            return new JsonObject { ["Plaintext"] = Convert.ToBase64String(plaintext), ["KeyId"] = Arn };

        status = 400;
        return new JsonObject { ["__type"] = "InvalidCiphertextException" };
    }

    // Signature version 4 once more, from what arrived.
    private static bool IsSigned(HttpListenerRequest request, byte[] body)
    {
        var date = request.Headers["x-amz-date"]!;
        var names = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
        var lines = string.Concat(names.Split(';').Select(name => $"{name}:{request.Headers[name]}\n"));
        var canonical = $"POST\n/\n\n{lines}\n{names}\n{Convert.ToHexStringLower(SHA256.HashData(body))}";
        var scope = $"{date[..8]}/eu-central-1/kms/aws4_request";
        var text = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + Secret);
        foreach (var part in (string[])[date[..8], "eu-central-1", "kms", "aws4_request", text])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return request.Headers["Authorization"]
            == $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={names}, Signature={Convert.ToHexStringLower(key)}";
    }
}
