using System.Net;
using System.Net.Http.Headers;

namespace Nacre.Images.Verity;

/// <summary>Bounds of what a server may make its caller wait for.</summary>
public sealed record RangeOptions
{
    /// <summary>For one answer, from the request to its last byte.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    public int Attempts { get; init; } = 3;

    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>
/// A file on a server, read by range requests (RFC 9110, section 14). An answer that is not exactly the bytes asked for is refused; whether
/// they are the right ones is not seen here.
/// </summary>
/// <param name="http">Owned. Its own timeout must be infinite.</param>
/// <param name="address">Of the file.</param>
/// <param name="options">Bounds.</param>
public sealed class RangeByteSource(HttpClient http, Uri address, RangeOptions options) : IByteSource
{
    private long _bytesFetched;
    private int _requests;

    public string Where => address.GetLeftPart(UriPartial.Path);

    /// <summary>Of all answers, for measurements.</summary>
    public long BytesFetched => Interlocked.Read(ref _bytesFetched);

    public int Requests => _requests;

    public static RangeByteSource Create(Uri address, RangeOptions options) => new(
        new HttpClient(new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.None,
            MaxAutomaticRedirections = 5,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        },
        address,
        options);

    /// <exception cref="ImageException"><see cref="ImageFault.Unreachable"/>: not in time, or not the range that was asked for.</exception>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        var delay = options.FirstDelay;
        for (var attempt = 1; ; attempt++)
        {
            using var limit = new CancellationTokenSource(options.Timeout, options.Clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            try
            {
                await FetchAsync(offset, buffer, both.Token);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException
                || (e is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                buffer.Span.Clear();
                if (attempt >= options.Attempts)
                {
                    throw new ImageException(
                        ImageFault.Unreachable,
                        limit.IsCancellationRequested
                            ? $"no answer within {options.Timeout.TotalSeconds} s" : $"bytes {offset} to {offset + buffer.Length - 1}: {e.Message}",
                        Where, "check that the server is up and serves this file", e);
                }
            }

            await Task.Delay(delay, options.Clock, cancel);
            delay *= 2;
        }
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task FetchAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        var last = offset + buffer.Length - 1;
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = new RangeHeaderValue(offset, last);
        Interlocked.Increment(ref _requests);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if ((int)response.StatusCode >= 500)
            throw new HttpRequestException($"the server answers HTTP {(int)response.StatusCode}");
        if (response.StatusCode != HttpStatusCode.PartialContent)
        {
            throw Refused(response.IsSuccessStatusCode
                ? "the server ignores ranges and would send the whole file" : $"the server answers HTTP {(int)response.StatusCode}");
        }

        var range = response.Content.Headers.ContentRange;
        if (range?.Unit != "bytes" || range.From != offset || range.To != last)
            throw Refused($"bytes {offset} to {last} were asked for, the server sends '{range}'");

        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        await body.ReadExactlyAsync(buffer, cancel);
        Interlocked.Add(ref _bytesFetched, buffer.Length);
    }

    private ImageException Refused(string what) =>
        new(ImageFault.Unreachable, what, Where, "a lazy read needs a server that answers range requests (RFC 9110, section 14)");
}
