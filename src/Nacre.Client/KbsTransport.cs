using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Nacre.Evidence.Protocol;

namespace Nacre.Client;

/// <summary>One HTTP exchange with a key broker: bounded replies, typed errors. Cookies are the caller's, because they belong to one handshake.</summary>
public sealed class KbsTransport : IDisposable
{
    private const int MaxReplyBytes = 64 * 1024 * 1024;

    private readonly HttpClient _http;
    private readonly Uri _base;

    /// <param name="url">Scheme, host and port; what upstream calls the KBS URL.</param>
    /// <param name="handler">Disposed with this object. Must neither follow redirects nor keep cookies.</param>
    /// <param name="timeout">For one exchange.</param>
    /// <param name="userAgent">Null for this program's.</param>
    public KbsTransport(Uri url, HttpMessageHandler handler, TimeSpan timeout, ProductInfoHeaderValue? userAgent = null)
    {
        _base = new Uri(url.GetLeftPart(UriPartial.Path).TrimEnd('/') + KbsProtocol.PathPrefix);
        _http = new HttpClient(handler) { Timeout = timeout, MaxResponseContentBufferSize = MaxReplyBytes };
        _http.DefaultRequestHeaders.UserAgent.Add(userAgent ?? new ProductInfoHeaderValue("nacre", "0.1.0"));
    }

    /// <summary>For https with the given roots instead of the system's; without roots, the system's are used.</summary>
    public static KbsTransport Create(
        Uri url, X509Certificate2Collection? roots, TimeSpan? timeout = null, ProductInfoHeaderValue? userAgent = null,
        X509Certificate2? clientCertificate = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        };
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = roots is { Count: > 0 } ? PolicyFor(roots) : null,
            ClientCertificateContext = clientCertificate is null
                ? null : SslStreamCertificateContext.Create(clientCertificate, null, offline: true),
        };
        return new KbsTransport(url, handler, timeout ?? TimeSpan.FromSeconds(60), userAgent);
    }

    /// <summary>The body and the headers of a successful reply.</summary>
    /// <exception cref="KbsException">Anything else.</exception>
    public async Task<KbsReply> SendAsync(
        HttpMethod method, string path, ReadOnlyMemory<byte>? body, string? contentType, KbsCredential? credential, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(_base, path));
        if (body is { } content)
        {
            request.Content = new ReadOnlyMemoryContent(content);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType ?? "application/json");
        }

        credential?.AddTo(request.Headers);
        try
        {
            using var response = await _http.SendAsync(request, cancel);
            var reply = await response.Content.ReadAsByteArrayAsync(cancel);
            return response.IsSuccessStatusCode
                ? new KbsReply(reply, SessionCookie(response.Headers)) : throw Failure(response.StatusCode, reply);
        }
        catch (HttpRequestException e)
        {
            throw new KbsException(KbsFailure.Unavailable, $"{_base.GetLeftPart(UriPartial.Authority)} cannot be reached: {Innermost(e)}", e);
        }
        catch (TaskCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new KbsException(
                KbsFailure.Unavailable, $"{_base.GetLeftPart(UriPartial.Authority)} did not answer within {_http.Timeout.TotalSeconds:0} seconds", e);
        }
    }

    public void Dispose() => _http.Dispose();

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

    // Only name=value matters: the cookie is sent back to this server and nowhere else, and forgotten with the handshake.
    private static string? SessionCookie(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues("Set-Cookie", out var cookies))
            return null;

        return cookies.Select(cookie => cookie.Split(';', 2)[0].Trim())
            .LastOrDefault(pair => pair.StartsWith(KbsProtocol.SessionCookie + "=", StringComparison.Ordinal));
    }

    private static KbsException Failure(HttpStatusCode status, byte[] body)
    {
        var error = ErrorInformation.TryParse(body);
        var failure = status switch
        {
            HttpStatusCode.Unauthorized => KbsFailure.Unauthenticated,
            HttpStatusCode.Forbidden => KbsFailure.Denied,
            HttpStatusCode.NotFound => KbsFailure.NotFound,
            >= HttpStatusCode.InternalServerError => KbsFailure.Unavailable,
            >= HttpStatusCode.BadRequest => KbsFailure.Refused,
            _ => KbsFailure.Protocol,
        };
        return new KbsException(failure, error?.Detail ?? $"the server answered {(int)status} without saying why")
        {
            Status = status,
            ErrorType = error?.Type,
            Reference = error?.Reference,
        };
    }

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e.Message;
    }
}

/// <summary>A successful reply.</summary>
/// <param name="Body">As received.</param>
/// <param name="SessionCookie"><c>name=value</c> of the session cookie the reply set; null when it set none.</param>
public sealed record KbsReply(byte[] Body, string? SessionCookie);
