using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Plugins.SecretManagers;

/// <summary>
/// Asks a secret manager over HTTP: answers are bounded in time and size, redirects are never followed, since they would take the
/// credentials with them, and what goes wrong is said without anything that was sent or received.
/// </summary>
internal sealed class BackendHttp : IDisposable
{
    /// <summary>A secret of two MiB as an array of numbers in JSON, which is how upstream writes it to Vault.</summary>
    private const int MaxAnswerBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly TimeProvider _clock;

    public BackendHttp(string backend, TimeProvider clock, X509Certificate2Collection? roots = null, bool verify = true)
    {
        (Backend, _clock) = (backend, clock);
        var tls = new SslClientAuthenticationOptions();
        if (roots is { Count: > 0 })
            tls.CertificateChainPolicy = PolicyFor(roots);
        if (!verify)
            tls.RemoteCertificateValidationCallback = (_, _, _, errors) => !verify || errors == SslPolicyErrors.None;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            SslOptions = tls,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>For messages.</summary>
    public string Backend { get; }

    /// <summary>An address of a secret manager: https, or http on this machine.</summary>
    /// <exception cref="MalformedDataException">It is none.</exception>
    public static Uri Address(JsonFields fields, string name, string text) => FindAddress(text)
        ?? throw fields.Malformed(
            name, $"'{text}' must be https://HOST[:PORT][/PATH] (http on this machine only), or the credentials would be read on the way");

    /// <summary>As above, with a slash at its end; null when it is none.</summary>
    public static Uri? FindAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Query.Length == 0 && url.Fragment.Length == 0 && url.UserInfo.Length == 0
        && (url.Scheme == "https" || url.Scheme == "http" && url.IsLoopback)
            ? new Uri(url.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/") : null;

    /// <summary>The answer, whatever its status but a redirect.</summary>
    /// <exception cref="BackendException">There is none in time, or it is too long.</exception>
    public async ValueTask<BackendAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(s_deadline, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        var host = request.RequestUri!.GetLeftPart(UriPartial.Authority);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            var status = (int)response.StatusCode;
            return status is >= 300 and < 400
                ? throw new BackendException(
                    $"{Backend}: {host} redirects ({status}), which is not followed; give the address it redirects to")
                : new BackendAnswer(Backend, status, await ReadAsync(response, host, both.Token));
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new BackendException($"{Backend}: {host} gave no answer within {s_deadline.TotalSeconds:0} seconds", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new BackendException($"{Backend}: {host} cannot be asked: {Innermost(e)}", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<byte[]> ReadAsync(HttpResponseMessage response, string host, CancellationToken cancel)
    {
        using var buffer = new MemoryStream();
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        var chunk = new byte[16 * 1024];
        while (await body.ReadAsync(chunk, cancel) is > 0 and var count)
        {
            if (buffer.Length + count > MaxAnswerBytes)
                throw new BackendException($"{Backend}: the answer of {host} is longer than {MaxAnswerBytes} bytes");
            await buffer.WriteAsync(chunk.AsMemory(0, count), cancel);
        }

        return buffer.ToArray();
    }

    private static X509ChainPolicy PolicyFor(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e.Message;
    }
}

/// <param name="Backend">For messages.</param>
/// <param name="Status">HTTP.</param>
/// <param name="Body">May hold the secret.</param>
internal sealed record BackendAnswer(string Backend, int Status, byte[] Body)
{
    private const int MaxCode = 64;

    public bool IsDone => Status is >= 200 and < 300;

    /// <summary>The members of the answer. The caller disposes the document.</summary>
    /// <exception cref="BackendException">It is no JSON object.</exception>
    public JsonDocument ParseObject()
    {
        JsonDocument? document = null;
        try
        {
            document = StrictJson.Parse(Body, Backend, Body.Length);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
        }
        catch (MalformedDataException)
        {
            // Its message could hold a piece of the answer.
        }

        document?.Dispose();
        throw new BackendException($"{Backend}: the answer ({Status}) is no JSON object");
    }

    /// <summary>The answer is no secret.</summary>
    /// <param name="code">
    /// The service's own name of the error; dropped when it is more than a word, since a service may repeat what it was sent.
    /// </param>
    /// <param name="remedy">What to do.</param>
    public BackendException Failure(string? code, string remedy)
    {
        var word = code is { Length: > 0 and <= MaxCode } && code.All(c => char.IsAsciiLetter(c) || c is '_' or '.') ? $" {code}" : "";
        return new BackendException($"{Backend}: the service answers {Status}{word}; {remedy}");
    }

    public override string ToString() => $"{Status}";
}
