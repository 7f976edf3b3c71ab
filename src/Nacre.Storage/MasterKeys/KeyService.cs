using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Storage.MasterKeys;

/// <summary>
/// One HTTP request to a service that keeps keys, tried again a few times while the service is away or overloaded. Answers are bounded, and
/// redirects are not followed: a request carries credentials.
/// </summary>
internal sealed class KeyService : IDisposable
{
    private const int MaxAnswerBytes = 256 * 1024;
    private const int Attempts = 4;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(200);

    private readonly string _name;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    /// <param name="name">For messages.</param>
    /// <param name="authorityFile">PEM of the only authorities to believe; null for those of the system.</param>
    /// <param name="clock">Measures pauses.</param>
    /// <exception cref="StoreException">The file holds no certificate.</exception>
    public KeyService(string name, string? authorityFile, TimeProvider clock)
    {
        (_name, _clock) = (name, clock);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        };
        if (authorityFile is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(SecretText.FromFile(authorityFile, $"the authority of {name}"));
            if (policy.CustomTrustStore.Count == 0)
                throw new StoreException($"the authority of {name}: '{authorityFile}' holds no certificate");
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        _http = new HttpClient(handler) { Timeout = s_limit, MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    /// <param name="request">Makes the request anew for each attempt, since a signature has a date.</param>
    /// <param name="body">JSON.</param>
    /// <param name="read">Takes what is needed from an answer of success.</param>
    /// <param name="explain">The service's own words on a refusal, and what to do; its argument may be any bytes.</param>
    /// <param name="cancel">Ends the attempts.</param>
    /// <exception cref="StoreException">The service refused, stayed away, or answers what it should not.</exception>
    public async ValueTask<T> PostAsync<T>(
        Func<HttpRequestMessage> request, byte[] body, Func<JsonFields, T> read, Func<HttpStatusCode, byte[], string> explain,
        CancellationToken cancel)
    {
        var pause = s_firstPause;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var message = request();
                message.Content ??= new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
                using var answer = await _http.SendAsync(message, cancel);
                var bytes = await answer.Content.ReadAsByteArrayAsync(cancel);
                if (answer.StatusCode == HttpStatusCode.OK)
                    return Read(bytes, read);
                if (attempt == Attempts || !IsPassing(answer.StatusCode))
                    throw new StoreException($"{_name} refused with {(int)answer.StatusCode}: {explain(answer.StatusCode, bytes)}");
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
            {
                if (attempt == Attempts)
                    throw new StoreException($"{_name} cannot be reached: {Reason(e)}; check the address, the network and the certificate", e);
            }

            await Task.Delay(pause, _clock, cancel);
            pause *= 2;
        }
    }

    public void Dispose() => _http.Dispose();

    private T Read<T>(byte[] bytes, Func<JsonFields, T> read)
    {
        try
        {
            using var document = StrictJson.Parse(bytes, "answer", MaxAnswerBytes);
            return read(new JsonFields("answer", document.RootElement));
        }
        catch (MalformedDataException e)
        {
            throw new StoreException($"{_name} answered what it should not: {e.Message}", e);
        }
    }

    private static bool IsPassing(HttpStatusCode status) => status == HttpStatusCode.TooManyRequests || (int)status >= 500;

    private static string Reason(Exception e) => e is TaskCanceledException
        ? $"no answer within {s_limit.TotalSeconds} seconds" : (e.InnerException ?? e).Message;

    /// <summary>The members of an error body that may be shown; null when it is none.</summary>
    public static string? ErrorText(byte[] body, Func<JsonElement, string?> read)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
