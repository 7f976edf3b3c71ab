using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Registry;

/// <summary>
/// Requests to one repository of one registry: scheme, authorization by challenge (RFC 6750, docker's token protocol), retries with
/// back-off, errors in this room's words. HTTP/1.1, because blobs in parallel want connections of their own.
/// </summary>
internal sealed class RegistryConnection : IDisposable
{
    private const int LargestToken = 1 << 20;
    private const int LargestErrorBody = 4096;

    private readonly RegistryOptions _options;
    private readonly ImageReference _image;
    private readonly HttpClient _http;
    private AuthenticationHeaderValue? _authorization;

    public RegistryConnection(ImageReference image, RegistryOptions options)
    {
        (_image, _options) = (image, options);
        var handler = new SocketsHttpHandler
        {
            MaxAutomaticRedirections = 5,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        if (options.ExtraRoots.Count > 0)
            handler.SslOptions.RemoteCertificateValidationCallback = TrustingAlso(options.ExtraRoots);
        _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("nacre/0.1");
    }

    public string Where => _image.ToString();

    public Uri Address(string path) => new($"{(IsPlainHttp ? "http" : "https")}://{_image.NetworkHost}/v2/{_image.Repository}/{path}");

    /// <summary>
    /// Sends until there is an answer that is not worth a retry. <paramref name="create"/> makes a fresh request each time. The answer
    /// may be any status; <see cref="RequireAsync"/> turns refusals into errors.
    /// </summary>
    public async ValueTask<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> create, CancellationToken cancel, bool push = false)
    {
        var delay = _options.FirstDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var response = await SendAuthorizedAsync(create, push, cancel);
                if (!IsWorthRetry(response.StatusCode) || attempt >= _options.Attempts)
                    return response;

                delay = response.Headers.RetryAfter?.Delta is { } asked && asked < TimeSpan.FromMinutes(1) ? asked : delay;
                response.Dispose();
            }
            catch (HttpRequestException e) when (attempt >= _options.Attempts || !IsTransient(e))
            {
                throw Unreachable(e);
            }
            catch (HttpRequestException)
            {
                // Tried again below.
            }
            catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
            {
                if (attempt >= _options.Attempts)
                    throw Unreachable(e);
            }

            await Task.Delay(delay, _options.Clock, cancel);
            delay *= 2;
        }
    }

    public async ValueTask<HttpResponseMessage> RequireAsync(HttpResponseMessage response, string subject, CancellationToken cancel)
    {
        if (response.IsSuccessStatusCode)
            return response;

        using (response)
        {
            var said = await ErrorTextAsync(response, cancel);
            throw response.StatusCode switch
            {
                HttpStatusCode.NotFound => new ImageException(ImageFault.NotFound, $"the registry has no {subject}{said}", Where,
                    "check the name, and that it was pushed"),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new ImageException(ImageFault.Denied,
                    $"the registry denies {subject} (HTTP {(int)response.StatusCode}){said}", Where,
                    "give credentials that may do this: skopeo login writes an auth.json"),
                _ => new ImageException(ImageFault.Unreachable, $"the registry answered HTTP {(int)response.StatusCode} for {subject}{said}",
                    Where, "look into the registry's log"),
            };
        }
    }

    public ImageException Unreachable(Exception e) => new(
        ImageFault.Unreachable,
        $"{(IsPlainHttp ? "http" : "https")}://{_image.NetworkHost} does not answer: {(e.InnerException ?? e).Message}",
        Where,
        IsPlainHttp ? "check that the registry runs and the port" : "check the address; if the registry has no TLS, allow plain HTTP for exactly this host",
        e);

    public void Dispose() => _http.Dispose();

    public TimeSpan IdleTimeout => _options.IdleTimeout;

    public int Attempts => _options.Attempts;

    public Task WaitAsync(int attempt, CancellationToken cancel) =>
        Task.Delay(_options.FirstDelay * (1 << Math.Min(attempt, 6)), _options.Clock, cancel);

    private bool IsPlainHttp => _options.PlainHttpHosts.Contains(_image.Registry) || (_options.AllowPlainHttpOnLoopback && IsLoopback);

    private bool IsLoopback
    {
        get
        {
            var host = new Uri($"http://{_image.Registry}").Host;
            return host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
        }
    }

    private async ValueTask<HttpResponseMessage> SendAuthorizedAsync(Func<HttpRequestMessage> create, bool push, CancellationToken cancel)
    {
        var response = await SendOnceAsync(create(), cancel);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
            return response;

        if (await AuthorizeAsync(response.Headers.WwwAuthenticate, push, cancel) is not { } authorization)
            return response;

        _authorization = authorization;
        response.Dispose();
        return await SendOnceAsync(create(), cancel);
    }

    private async ValueTask<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        request.Headers.Authorization = _authorization;
        // The body is read with its own limit; this one is for the head.
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (request.Content is null)
            timeout.CancelAfter(_options.IdleTimeout);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
    }

    private async ValueTask<AuthenticationHeaderValue?> AuthorizeAsync(
        IEnumerable<AuthenticationHeaderValue> challenges, bool push, CancellationToken cancel)
    {
        var login = _options.Credentials.Find(_image);
        foreach (var challenge in challenges)
        {
            if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && login is not null)
                return new("Basic", login.Basic);
            if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
                return new("Bearer", await TokenAsync(BearerChallenge.Parse(challenge.Parameter ?? "", Where), login, push, cancel));
        }

        return null;
    }

    private async ValueTask<string> TokenAsync(BearerChallenge challenge, Login? login, bool push, CancellationToken cancel)
    {
        // Credentials go to a realm without TLS only where the registry itself is spoken to without.
        if (challenge.Realm.Scheme != Uri.UriSchemeHttps && !IsPlainHttp)
            throw new ImageException(ImageFault.Denied, $"the registry wants a token from {challenge.Realm} without TLS", Where, "ask its operator");

        var scope = $"repository:{_image.Repository}:{(push ? "pull,push" : "pull")}";
        var separator = challenge.Realm.Query.Length == 0 ? '?' : '&';
        var address = new Uri($"{challenge.Realm}{separator}service={Uri.EscapeDataString(challenge.Service)}&scope={Uri.EscapeDataString(scope)}");
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (login is not null)
            request.Headers.Authorization = new("Basic", login.Basic);

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(_options.IdleTimeout);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
        await RequireAsync(response, "a token", cancel);
        var body = OciJson.Parse(await ReadLimitedAsync(response, LargestToken, timeout.Token), $"{Where}, token");
        return OciJson.FindText(body, "token", Where) ?? OciJson.Text(body, "access_token", Where);
    }

    public static async ValueTask<byte[]> ReadLimitedAsync(HttpResponseMessage response, int largest, CancellationToken cancel)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[largest + 1];
        var count = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        return count <= largest ? buffer[..count] : throw new ImageException(
            ImageFault.TooLarge, $"an answer longer than {largest} bytes", response.RequestMessage?.RequestUri?.ToString() ?? "registry",
            "this is not what a registry answers");
    }

    private static async ValueTask<string> ErrorTextAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancel);
            var buffer = new byte[LargestErrorBody];
            var count = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
            // distribution-spec, "Error Codes".
            var error = OciJson.Parse(buffer.AsSpan(0, count), "error")["errors"] is JsonArray { Count: > 0 } errors ? errors[0] as JsonObject : null;
            return error is null ? "" : $": {OciJson.FindText(error, "code", "error")} {OciJson.FindText(error, "message", "error")}";
        }
        catch (Exception e) when (e is ImageException or IOException or HttpRequestException)
        {
            // The status alone has to do; the body was no error document.
            return "";
        }
    }

    private static bool IsWorthRetry(HttpStatusCode status) => status == HttpStatusCode.TooManyRequests || (int)status >= 500;

    // A name that is not known or a certificate that is not trusted does not get better by asking again.
    private static bool IsTransient(HttpRequestException e) =>
        e.HttpRequestError is not (HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError);

    private static RemoteCertificateValidationCallback TrustingAlso(X509Certificate2Collection roots) => (_, certificate, chain, errors) =>
    {
        if (errors == SslPolicyErrors.None)
            return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null || chain is null)
            return false;

        using var again = new X509Chain();
        again.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        again.ChainPolicy.CustomTrustStore.AddRange(roots);
        again.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        again.ChainPolicy.DisableCertificateDownloads = true;
        again.ChainPolicy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"));
        foreach (var element in chain.ChainElements)
            again.ChainPolicy.ExtraStore.Add(element.Certificate);
        using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return again.Build(copy);
    };
}
