using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Plugins.SecretManagers;
using Nacre.Storage;
using Nacre.Storage.Aws;

namespace Nacre.KeyBroker.Plugins.Aws;

/// <summary>
/// Resources in AWS Secrets Manager (API 2017-10-17, GetSecretValue), read-only: the secret named as the whole path; its bytes, or the
/// bytes of its text (trust.md 2.3).
/// </summary>
internal sealed class AwsBackend : IResourceBackend
{
    public const string Name = "Aws";
    private const string Service = "secretsmanager";
    private const string Target = "secretsmanager.GetSecretValue";
    private const string MediaType = "application/x-amz-json-1.1";

    private readonly BackendHttp _http;
    private readonly AwsCredentialChain _credentials;
    private readonly TimeProvider _clock;
    private readonly string _region;
    private readonly Uri _url;
    private readonly NameTemplate _names;

    private AwsBackend(BackendSettings settings)
    {
        var fields = settings.Fields;
        settings.Only("region", "endpoint_url");
        _region = fields.FindText("region", 64) ?? settings.Environment("AWS_REGION") ?? settings.Environment("AWS_DEFAULT_REGION")
            ?? throw fields.Malformed("region", "is missing, and AWS_REGION is not set");
        if (_region.Length == 0 || !_region.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            throw fields.Malformed("region", "must be the name of a region such as eu-central-1");
        _url = BackendHttp.Address(
            fields, "endpoint_url", fields.FindText("endpoint_url", 1024) ?? $"https://{Service}.{_region}.amazonaws.com");
        _names = NameTemplate.Read(fields, NameTemplate.WholePath);
        _clock = settings.Clock;
        _http = new BackendHttp(Name, settings.Clock);
        try
        {
            _credentials = new AwsCredentialChain("AWS Secrets Manager", _region, settings.Variable, settings.Clock);
        }
        catch (StoreException e)
        {
            throw new BackendException($"{Name}: {e.Message}", e);
        }
    }

    string IResourceBackend.Type => Name;

    public static IResourceBackend Open(BackendSettings settings) => new AwsBackend(settings);

    public async ValueTask<byte[]?> FindAsync(ResourceUri uri, CancellationToken cancel)
    {
        var credentials = await CredentialsAsync(cancel);
        using var request = Sign(JsonText.Utf8(new JsonObject { ["SecretId"] = _names.NameOf(uri) }), credentials);
        var answer = await _http.SendAsync(request, cancel);
        using var document = answer.ParseObject();
        if (!answer.IsDone)
            return Refused(answer, document.RootElement);

        var value = document.RootElement.TryGetProperty("SecretBinary", out var binary) && binary.ValueKind == JsonValueKind.String
            ? binary.TryGetBytesFromBase64(out var bytes) ? bytes : null
            : document.RootElement.TryGetProperty("SecretString", out var text) && text.ValueKind == JsonValueKind.String
                ? Encoding.UTF8.GetBytes(text.GetString()!) : null;
        return value is { Length: <= KbsProtocol.MaxMessageBytes } ? value
            : throw new BackendException($"{Name}: the answer holds no secret, or one that is too large");
    }

    public void Dispose()
    {
        _credentials.Dispose();
        _http.Dispose();
    }

    private async ValueTask<AwsCredentials> CredentialsAsync(CancellationToken cancel)
    {
        try
        {
            return await _credentials.GetAsync(cancel);
        }
        catch (StoreException e)
        {
            throw new BackendException($"{Name}: {e.Message}", e);
        }
    }

    private byte[]? Refused(BackendAnswer answer, JsonElement error)
    {
        // The type may be qualified with a namespace (AWS JSON 1.1 protocol).
        var type = error.TryGetProperty("__type", out var named) && named.ValueKind == JsonValueKind.String
            ? named.GetString()!.Split('#')[^1] : null;
        if (type == "ResourceNotFoundException")
            return null;
        if (type is "ExpiredTokenException" or "UnrecognizedClientException" or "InvalidClientTokenId")
            _credentials.Forget();
        throw answer.Failure(
            type, "look at the permissions of the credentials (secretsmanager:GetSecretValue) and at the state of the secret");
    }

    private HttpRequestMessage Sign(byte[] body, AwsCredentials credentials)
    {
        var headers = new Dictionary<string, string>
        {
            ["content-type"] = MediaType,
            ["host"] = _url.Authority,
            ["x-amz-date"] = AwsRequest.Time(_clock.GetUtcNow()),
            ["x-amz-target"] = Target,
        };
        if (credentials.SessionToken is { } session)
            headers["x-amz-security-token"] = session;

        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
        var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = content };
        foreach (var (name, value) in headers.Where(header => header.Key.StartsWith("x-amz-", StringComparison.Ordinal)))
            request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.TryAddWithoutValidation(
            "Authorization", new AwsRequest("POST", _url.AbsolutePath, "", headers, body).Authorization(credentials, _region, Service));
        return request;
    }
}
