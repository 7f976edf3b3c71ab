using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Nacre.Formats;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.UnitTests.KeyBroker.SecretManagers;

/// <summary>The client-key protocol of Alibaba Cloud's KMS, by a stand-in that verifies signatures as guest.md 3.7 has them.</summary>
[Trait("Group", "TrustSecretManagers")]
public sealed class AliyunTests : IAsyncDisposable
{
    private const string Password = "the password";
    private readonly BackendScene _scene = new();
    private readonly RSA _key = RSA.Create(2048);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _key.Dispose();
        return _scene.DisposeAsync();
    }

    [Fact]
    public async Task The_secret_of_the_whole_path_is_read_with_a_good_signature()
    {
        var asked = BackendRequest.Serve(_scene.Service, "/", request => IsSigned(request)
            ? (200, Message((1, "default/db-key/1"), (2, "Generic"), (3, "the secret"), (4, "text"))) : (403, Message((2, "Forbidden.Signature"))));

        Assert.Equal("the secret", Encoding.UTF8.GetString((await Open().FindAsync(BackendScene.Key, Cancel))!));

        // SecretName, then FetchExtendedConfig.
        Assert.Equal([0x0a, 16, .. "default/db-key/1"u8, 0x20, 1], Assert.Single(asked).Body);
    }

    [Theory]
    [InlineData(403, "Forbidden.NoPermission", "403 Forbidden.NoPermission;")]
    [InlineData(400, "the secret was sent back", "answers 400;")]
    public async Task Refusals_say_the_code_alone(int status, string code, string what)
    {
        BackendRequest.Serve(_scene.Service, "/", _ => (status, Message((2, code), (3, "details"))));

        var refusal = await Assert.ThrowsAsync<BackendException>(async () => await Open().FindAsync(BackendScene.Key, Cancel));

        Assert.Contains(what, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sent back", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_absent_is_absent_and_what_is_no_message_is_refused()
    {
        BackendRequest.Serve(_scene.Service, "/", _ => (404, Message((2, "Forbidden.ResourceNotFound"))));
        Assert.Null(await Open().FindAsync(BackendScene.Key, Cancel));

        BackendRequest.Serve(_scene.Service, "/", _ => (200, "\u001a\u007fcut"));
        Assert.Contains("no message", (await Assert.ThrowsAsync<BackendException>(
            async () => await Open().FindAsync(BackendScene.Key, Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_that_does_not_open_the_key_is_refused_unsaid()
    {
        var refusal = Assert.Throws<MalformedDataException>(() => Open("another"));

        Assert.Contains("not opened by the password", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another", refusal.Message, StringComparison.Ordinal);
    }

    private bool IsSigned(BackendRequest request)
    {
        var signed = $"POST\n{Convert.ToHexString(SHA256.HashData(request.Body))}\napplication/x-protobuf\n{request.Headers["Date"]}\n"
            + "x-kms-acccesskeyid:KAAP.test\nx-kms-apiname:GetSecretValue\nx-kms-apiversion:dkms-gcs-0.2\nx-kms-signaturemethod:RSA_PKCS1_SHA_256\n/";
        var bearer = request.Headers["Authorization"]!;
        return bearer.StartsWith("Bearer ", StringComparison.Ordinal) && request.Headers["x-kms-acccesskeyid"] == "KAAP.test"
            && _key.VerifyData(Encoding.UTF8.GetBytes(signed), Convert.FromBase64String(bearer[7..]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private static string Message(params (int Field, string Text)[] fields)
    {
        using var output = new MemoryStream();
        using (var writer = new CodedOutputStream(output))
        {
            foreach (var (field, text) in fields)
            {
                writer.WriteTag(field, WireFormat.WireType.LengthDelimited);
                writer.WriteString(text);
            }
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }

    private IResourceBackend Open(string password = Password)
    {
        using var certificate = new CertificateRequest("CN=client key", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var key = new JsonObject
        {
            ["KeyId"] = "KAAP.test",
            ["PrivateKeyData"] = Convert.ToBase64String(certificate.Export(X509ContentType.Pkcs12, Password)),
        };
        return _scene.Open(
            $"storage_backend_type = \"Aliyun\"\nkms_instance_id = \"kst-1\"\nendpoint_url = \"{_scene.Url}\"\npassword = \"{password}\"\n"
            + $"client_key = '{key.ToJsonString()}'\ncert_pem = '''\n{certificate.ExportCertificatePem()}\n'''\n");
    }
}
