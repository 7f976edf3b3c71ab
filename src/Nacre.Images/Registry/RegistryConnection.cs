using System.Net;
using System.Net.Http.Headers;
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

    // A request with a body is some megabytes at most; a slow line may take longer with it than with a head.
    private const int ChunkPatience = 10;
    private const int LargestErrorBody = 4096;
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromMinutes(1);

    private readonly RegistryOptions _options;
    private readonly ImageReference _image;
    private readonly HttpClient _http;
    private readonly bool _plainHttp;
    private AuthenticationHeaderValue? _authorization;

    public RegistryConnection(RegistryPlace place, string where, RegistryOptions options)
    {
        (_image, Where, _options) = (place.Image, where, options);
        _plainHttp = place.PlainHttp || options.PlainHttpHosts.Contains(_image.Registry) || (options.AllowPlainHttpOnLoopback && IsLoopback);
        _http = new(options.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("nacre/0.1");
    }

    /// <summary>The image by the name that the user gave, for messages.</summary>
    public string Where { get; }

    public ImageReference Image => _image;

    public Uri Address(string path) => new($"{(_plainHttp ? "http" : "https")}://{_image.NetworkHost}/v2/{_image.Repository}/{path}");

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

                // What it asks for is heeded, within reason; it cannot make us wait for hours.
                delay = Asked(response.Headers.RetryAfter) is { } asked ? TimeSpan.FromTicks(Math.Clamp(asked.Ticks, 0, s_longestDelay.Ticks)) : delay;
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
                >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => new ImageException(ImageFault.Unreachable,
                    $"the registry redirects {subject} again and again, or from https to http", Where, "ask its operator"),
                _ => new ImageException(ImageFault.Unreachable, $"the registry answered HTTP {(int)response.StatusCode} for {subject}{said}",
                    Where, "look into the registry's log"),
            };
        }
    }

    public ImageException Unreachable(Exception e) => new(
        ImageFault.Unreachable,
        $"{(_plainHttp ? "http" : "https")}://{_image.NetworkHost} does not answer: {(e.InnerException ?? e).Message}",
        Where,
        _plainHttp ? "check that the registry runs and the port" : "check the address; if the registry has no TLS, allow plain HTTP for exactly this host",
        e);

    public void Dispose() => _http.Dispose();

    public TimeSpan IdleTimeout => _options.IdleTimeout;

    public int Attempts => _options.Attempts;

    public Task WaitAsync(int attempt, CancellationToken cancel) =>
        Task.Delay(_options.FirstDelay * (1 << Math.Min(attempt, 6)), _options.Clock, cancel);

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

    private TimeSpan? Asked(RetryConditionHeaderValue? header) => header?.Delta ?? (header?.Date is { } date ? date - _options.Clock.GetUtcNow() : null);

    private async ValueTask<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        // A registry may send uploads to another host; what it was given for itself does not go there.
        if (request.RequestUri!.Authority == Address("").Authority)
            request.Headers.Authorization = _authorization;
        // The body is read with its own limit; this one is for the head.
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(request.Content is null ? _options.IdleTimeout : _options.IdleTimeout * ChunkPatience);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
    }

    private async ValueTask<AuthenticationHeaderValue?> AuthorizeAsync(
        IEnumerable<AuthenticationHeaderValue> challenges, bool push, CancellationToken cancel)
    {
        var login = await _options.Credentials.FindAsync(_image, cancel);
        foreach (var challenge in challenges)
        {
            if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && login is { IdentityToken: null })
                return new("Basic", login.Basic);
            if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
                return new("Bearer", await TokenAsync(BearerChallenge.Parse(challenge.Parameter ?? "", Where), login, push, cancel));
        }

        return null;
    }

    private async ValueTask<string> TokenAsync(BearerChallenge challenge, Login? login, bool push, CancellationToken cancel)
    {
        // Credentials go to a realm without TLS only where the registry itself is spoken to without.
        if (challenge.Realm.Scheme != Uri.UriSchemeHttps && !_plainHttp)
            throw new ImageException(ImageFault.Denied, $"the registry wants a token from {challenge.Realm} without TLS", Where, "ask its operator");

        var scope = $"repository:{_image.Repository}:{(push ? "pull,push" : "pull")}";
        using var request = login is { IdentityToken.Length: > 0 }
            ? RefreshRequest(challenge, scope, login.IdentityToken)
            : TokenRequest(challenge, scope, login);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(_options.IdleTimeout);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
        await RequireAsync(response, "a token", cancel);
        var body = OciJson.Parse(await ReadBodyAsync(response, LargestToken, cancel), $"{Where}, token");
        return OciJson.FindText(body, "token", Where) ?? OciJson.Text(body, "access_token", Where);
    }

    private static HttpRequestMessage TokenRequest(BearerChallenge challenge, string scope, Login? login)
    {
        var separator = challenge.Realm.Query.Length == 0 ? '?' : '&';
        var address = new Uri($"{challenge.Realm}{separator}service={Uri.EscapeDataString(challenge.Service)}&scope={Uri.EscapeDataString(scope)}");
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (login is not null)
            request.Headers.Authorization = new("Basic", login.Basic);
        return request;
    }

    // distribution's "Docker Registry v2 authentication using OAuth2".
    private static HttpRequestMessage RefreshRequest(BearerChallenge challenge, string scope, string identityToken) =>
        new(HttpMethod.Post, challenge.Realm)
        {
            Content = new FormUrlEncodedContent(
            [
                new("grant_type", "refresh_token"), new("service", challenge.Service), new("scope", scope), new("client_id", "nacre"),
                new("refresh_token", identityToken),
            ]),
        };

    /// <summary>A page for people where data should be is said to be one.</summary>
    public void RequireNoPage(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml")
        {
            throw new ImageException(ImageFault.Malformed, "the answer is an HTML page", Where,
                "something else than a registry answers at this address: a proxy's login page, or a web site");
        }
    }

    /// <summary>A small body, within the time and size that are allowed.</summary>
    public async ValueTask<byte[]> ReadBodyAsync(HttpResponseMessage response, int largest, CancellationToken cancel)
    {
        RequireNoPage(response);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(_options.IdleTimeout);
        try
        {
            return await ReadLimitedAsync(response, largest, timeout.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw Unreachable(e);
        }
    }

    private static async ValueTask<byte[]> ReadLimitedAsync(HttpResponseMessage response, int largest, CancellationToken cancel)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[largest + 1];
        var count = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        return count <= largest ? buffer[..count] : throw new ImageException(
            ImageFault.TooLarge, $"an answer longer than {largest} bytes", response.RequestMessage?.RequestUri?.ToString() ?? "registry",
            "this is not what a registry answers");
    }

    private async ValueTask<string> ErrorTextAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(_options.IdleTimeout);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(timeout.Token);
            var buffer = new byte[LargestErrorBody];
            var count = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, timeout.Token);
            // distribution-spec, "Error Codes".
            var error = OciJson.Parse(buffer.AsSpan(0, count), "error")["errors"] is JsonArray { Count: > 0 } errors ? errors[0] as JsonObject : null;
            return error is null ? "" : $": {OciJson.FindText(error, "code", "error")} {OciJson.FindText(error, "message", "error")}";
        }
        catch (Exception e) when (e is ImageException or IOException or HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // The status alone has to do; the body was no error document.
            return "";
        }
    }

    private static bool IsWorthRetry(HttpStatusCode status) => status == HttpStatusCode.TooManyRequests || (int)status >= 500;

    // A name that is not known or a certificate that is not trusted does not get better by asking again.
    private static bool IsTransient(HttpRequestException e) =>
        e.HttpRequestError is not (HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError);
}
