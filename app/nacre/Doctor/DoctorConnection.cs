using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Doctor;

/// <summary>The server that is looked at: its address, how it is known, and plain requests to its public routes.</summary>
internal sealed class DoctorConnection : IDisposable
{
    private const int MaxReplyBytes = 4 * 1024 * 1024;

    private readonly HttpClient _http;

    public DoctorConnection(Uri url, X509Certificate2Collection? roots, TimeProvider clock)
    {
        (Url, Roots, Clock) = (url, roots, clock);
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false };
        if (Policy() is { } policy)
            handler.SslOptions.CertificateChainPolicy = policy;
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri(url.GetLeftPart(UriPartial.Authority)),
            Timeout = TimeSpan.FromSeconds(10),
            MaxResponseContentBufferSize = MaxReplyBytes,
        };
    }

    public Uri Url { get; }
    public X509Certificate2Collection? Roots { get; }
    public TimeProvider Clock { get; }

    /// <summary>Null for the roots of this machine.</summary>
    public X509ChainPolicy? Policy()
    {
        if (Roots is null)
            return null;

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(Roots);
        return policy;
    }

    /// <summary>Status, the Date header and the body, null when that is no JSON object.</summary>
    /// <exception cref="HttpRequestException">There was no reply.</exception>
    public async Task<(HttpStatusCode Status, DateTimeOffset? Date, JsonObject? Body)> GetAsync(string path, CancellationToken cancel)
    {
        try
        {
            using var reply = await _http.GetAsync(new Uri(path, UriKind.Relative), cancel);
            return (reply.StatusCode, reply.Headers.Date, Parse(await reply.Content.ReadAsStringAsync(cancel)));
        }
        catch (TaskCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new HttpRequestException($"{path} was not answered within {_http.Timeout.TotalSeconds:0} s", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
