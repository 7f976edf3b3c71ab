using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Storage.Aws;
using Nacre.Storage.Encryption;

namespace Nacre.Storage.MasterKeys.AwsKms;

/// <summary>
/// <c>awskms:ARN</c>: a symmetric key of AWS KMS, which wraps and unwraps by its actions Encrypt and Decrypt. What a data key is for goes
/// along as encryption context, so it is authenticated and stands in CloudTrail.
/// </summary>
public sealed class AwsKmsMasterKey : IMasterKey
{
    private const string Form = "awskms:arn:aws:kms:REGION:ACCOUNT:key/ID";
    private const string ContextName = "nacre";
    private const string ContentType = "application/x-amz-json-1.1";

    private readonly KeyService _service;
    private readonly AwsCredentialChain _credentials;
    private readonly TimeProvider _clock;
    private readonly Uri _endpoint;
    private readonly string _arn;
    private readonly string _region;

    private AwsKmsMasterKey(string arn, string region, Uri endpoint, AwsCredentialChain credentials, string? authority, TimeProvider clock)
    {
        (_arn, _region, _endpoint, _credentials, _clock) = (arn, region, endpoint, credentials, clock);
        _service = new KeyService($"AWS KMS at {endpoint.Authority}", authority, clock);
    }

    public static MasterKeySource Source { get; } = new(
        "awskms", Form, async (arn, surroundings, cancel) => await OpenAsync(arn, surroundings, cancel));

    public string Id => $"awskms:{_arn}";

    public async ValueTask<byte[]> WrapAsync(SecretBytes dataKey, ReadOnlyMemory<byte> context, CancellationToken cancel) => await CallAsync(
        "Encrypt", "Plaintext", dataKey.Reveal().ToArray(), context,
        answer => answer.Base64("CiphertextBlob", WrappedKey.MaxBytes), cancel);

    public async ValueTask<SecretBytes> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> context, CancellationToken cancel) =>
        await CallAsync(
            "Decrypt", "CiphertextBlob", wrapped.ToArray(), context,
            answer => SecretBytes.Own(answer.Base64("Plaintext", 4096)), cancel);

    public ValueTask DisposeAsync()
    {
        _service.Dispose();
        _credentials.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async ValueTask<AwsKmsMasterKey> OpenAsync(string arn, MasterKeySurroundings surroundings, CancellationToken cancel)
    {
        if (arn.Length > 256 || arn.Split(':') is not ["arn", var partition, "kms", { Length: > 0 } region, { Length: > 0 }, { Length: > 0 } name]
            || !name.StartsWith("key/", StringComparison.Ordinal) || !region.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            throw new StoreException($"'awskms:{arn}' is no key of AWS KMS; write {Form} (an alias may come to mean another key)");

        var domain = partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
        var text = surroundings.Variable("AWS_ENDPOINT_URL_KMS") ?? $"https://kms.{region}.{domain}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var endpoint) || !AwsHttp.IsSafe(endpoint))
            throw new StoreException($"AWS_ENDPOINT_URL_KMS is '{text}'; it must be https, or http on this machine");

        var credentials = new AwsCredentialChain("AWS KMS", region, surroundings.Variable, surroundings.Clock);
        try
        {
            // That there are none is told before there is anything to wrap.
            await credentials.GetAsync(cancel);
            return new AwsKmsMasterKey(arn, region, endpoint, credentials, surroundings.Variable("AWS_CA_BUNDLE"), surroundings.Clock);
        }
        catch
        {
            credentials.Dispose();
            throw;
        }
    }

    private async ValueTask<T> CallAsync<T>(
        string action, string member, byte[] bytes, ReadOnlyMemory<byte> context, Func<JsonFields, T> read,
        CancellationToken cancel)
    {
        var body = Body(member, bytes, context.Span);
        try
        {
            var credentials = await _credentials.GetAsync(cancel);
            return await _service.PostAsync(
                () => Request(action, body, credentials), body, read, (_, answer) => Explain(answer, credentials.KeyId), cancel);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private byte[] Body(string member, byte[] bytes, ReadOnlySpan<byte> context)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("KeyId", _arn);
            json.WriteBase64String(member, bytes);
            json.WriteStartObject("EncryptionContext");
            json.WriteString(ContextName, Encoding.UTF8.GetString(context));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private HttpRequestMessage Request(string action, byte[] body, AwsCredentials credentials)
    {
        var date = AwsSignature.Date(_clock.GetUtcNow());
        List<(string Name, string Value)> headers =
        [
            ("content-type", ContentType), ("host", _endpoint.Authority), ("x-amz-date", date), ("x-amz-target", $"TrentService.{action}"),
        ];
        if (credentials.SessionToken is { } token)
            headers.Add(("x-amz-security-token", token));

        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_endpoint, "/"))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(ContentType) } },
        };
        foreach (var (name, value) in headers.Where(header => header.Name.StartsWith("x-amz-", StringComparison.Ordinal)))
            request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.TryAddWithoutValidation(
            "Authorization", AwsSignature.Authorization(credentials, _region, "kms", date, headers, body));
        return request;
    }

    private string Explain(byte[] body, string keyId)
    {
        _credentials.Forget();
        var (type, message) = (Member(body, "__type"), Member(body, "message") ?? Member(body, "Message"));
        var remedy = type?[(type.LastIndexOf('#') + 1)..] switch
        {
            "AccessDeniedException" => $"allow kms:Encrypt and kms:Decrypt on {_arn} to {keyId}",
            "NotFoundException" => "check the account and the region of the ARN",
            "DisabledException" or "KMSInvalidStateException" => "enable the key",
            "InvalidCiphertextException" or "IncorrectKeyException" => "the store was made with another key of AWS KMS",
            "UnrecognizedClientException" or "InvalidSignatureException" or "ExpiredTokenException" => "check the credentials and the clock",
            _ => "see the documentation of AWS KMS",
        };
        return $"{type ?? "no reason given"}{(message is null ? "" : $" ({message})")}; {remedy}";
    }

    private static string? Member(byte[] body, string name) => KeyService.ErrorText(
        body, error => error.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null);
}
