using System.Security.Cryptography.X509Certificates;
using Nacre.Storage.MasterKeys;

namespace Nacre.Storage.Aws;

/// <summary>Asks who gives credentials: bounded in time and size, without redirects and proxies, which would get to see them.</summary>
internal sealed class AwsHttp : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;

    /// <param name="authorityFile">PEM of the only authorities to believe; null for those of the system.</param>
    public AwsHttp(string? authorityFile)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        };
        if (authorityFile is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(SecretText.FromFile(authorityFile, "the authority of AWS"));
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        _http = new HttpClient(handler) { Timeout = s_limit, MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    /// <summary>https, or http on this machine.</summary>
    public static bool IsSafe(Uri address) => address.Scheme == "https" || address is { Scheme: "http", IsLoopback: true };

    /// <exception cref="StoreException">There is no answer, or one that is too large.</exception>
    public async ValueTask<(int Status, byte[] Body)> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            using var answer = await _http.SendAsync(request, cancel);
            return ((int)answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(cancel));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            var reason = e is TaskCanceledException ? $"no answer within {s_limit.TotalSeconds} seconds" : (e.InnerException ?? e).Message;
            throw new StoreException($"{request.RequestUri!.Authority} cannot be reached: {reason}", e);
        }
    }

    public void Dispose() => _http.Dispose();
}
