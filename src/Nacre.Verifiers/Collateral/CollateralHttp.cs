using System.Net;
using System.Net.Http.Headers;

namespace Nacre.Verifiers.Collateral;

/// <summary>
/// Asks a vendor's service over HTTP and trusts nothing it says: answers are bounded in size and time; redirects are followed a few times
/// and never to another scheme; a busy service (429, 502, 503) is waited for as long as it asks, if that is within the deadline.
/// </summary>
/// <param name="http">One that does not follow redirects by itself, such as <see cref="CreateClient"/> makes.</param>
/// <param name="clock">For the deadline and the waits.</param>
public sealed class CollateralHttp(HttpClient http, TimeProvider clock)
{
    private const int MaxAttempts = 3;
    private const int MaxRedirects = 3;
    private const int MaxHeaders = 64; // KiB; an issuer chain is four.
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromSeconds(1);

    /// <summary>For one question, with all its attempts and redirects.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A client as <see cref="CollateralHttp"/> needs it. It uses the proxy that the framework finds. Dispose it.</summary>
    public static HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        MaxResponseHeadersLength = MaxHeaders,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        // The deadline counts instead.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>The answer; null when the service says that there is none (404).</summary>
    /// <param name="url">What is asked.</param>
    /// <param name="what">What it is, for the error.</param>
    /// <param name="max">The most bytes that are taken.</param>
    /// <param name="cancel">Ends the question.</param>
    /// <exception cref="CollateralUnavailableException">There is no answer that could be used.</exception>
    internal async ValueTask<CollateralAnswer?> GetAsync(Uri url, string what, int max, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(Deadline, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        var since = clock.GetTimestamp();
        try
        {
            for (var (attempt, redirects) = (1, 0); ;)
            {
                using var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, both.Token);
                if (response.StatusCode == HttpStatusCode.NotFound)
                    return null;
                if (response.StatusCode == HttpStatusCode.OK)
                    return new(await ReadAsync(response, what, url, max, both.Token), response.Headers);

                if (Redirect(response, url) is { } next)
                {
                    url = ++redirects <= MaxRedirects && next.Scheme == url.Scheme ? next
                        : throw new CollateralUnavailableException(
                            what, url.ToString(), $"it redirects to {next}: another scheme, or for the {redirects}th time");
                    continue;
                }

                var busy = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway;
                var wait = Wait(response);
                if (!busy || attempt++ == MaxAttempts || wait > Deadline - clock.GetElapsedTime(since))
                {
                    throw new CollateralUnavailableException(
                        what, url.ToString(),
                        $"the service answers {(int)response.StatusCode}{(busy ? $" and asks to wait {wait.TotalSeconds:0} seconds" : "")}")
                    {
                        RetryAfter = busy ? wait : null,
                    };
                }

                await Task.Delay(wait, clock, both.Token);
            }
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new CollateralUnavailableException(what, url.ToString(), $"no answer within {Deadline.TotalSeconds} seconds", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new CollateralUnavailableException(what, url.ToString(), error.Message, error);
        }
    }

    private static Uri? Redirect(HttpResponseMessage response, Uri url) =>
        (int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location
            && Uri.TryCreate(url, location, out var next) ? next : null;

    private TimeSpan Wait(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - clock.GetUtcNow() : null;
        return asked > s_shortestWait ? asked.Value : s_shortestWait;
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, string what, Uri url, int max, CancellationToken cancel)
    {
        using var buffer = new MemoryStream();
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        var chunk = new byte[8192];
        while (await body.ReadAsync(chunk, cancel) is > 0 and var count)
        {
            if (buffer.Length + count > max)
                throw new CollateralUnavailableException(what, url.ToString(), $"the answer is longer than {max} bytes");

            await buffer.WriteAsync(chunk.AsMemory(0, count), cancel);
        }

        return buffer.ToArray();
    }
}

/// <summary>What a service answered.</summary>
internal sealed class CollateralAnswer(byte[] body, HttpResponseHeaders headers)
{
    public byte[] Body { get; } = body;

    /// <summary>The value of a header, percent-decoded; null when it is absent or occurs twice.</summary>
    public string? FindHeader(string name) =>
        headers.TryGetValues(name, out var values) && values.Take(2).ToArray() is [var value] ? Uri.UnescapeDataString(value) : null;
}
