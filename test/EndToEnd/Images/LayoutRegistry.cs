using System.Net;
using System.Net.Http.Headers;
using Nacre.Images.Oci;
using Nacre.Images.Transports;

namespace Nacre.EndToEndTests.Images;

/// <summary>Serves one image of an OCI layout as a registry that knows ranges, counts what it hands out, and can stop in the middle of a blob.</summary>
internal sealed class LayoutRegistry : IAsyncDisposable
{
    private const int Piece = 64 * 1024;
    private readonly string _layout;
    private readonly string _tag;
    private readonly FakeRegistry _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _served;

    public LayoutRegistry(string layout, string tag)
    {
        (_layout, _tag) = (layout, tag);
        _server = new(AnswerAsync);
    }

    public string Name => _server.Name;

    /// <summary>Bytes of blobs that were handed out.</summary>
    public long Served => Interlocked.Read(ref _served);

    /// <summary>Where the ranges began that were asked for.</summary>
    public List<long> Ranges { get; } = [];

    public IEnumerable<string> Blobs => _server.Requests.Select(request => request.Path).Where(path => path.Contains("/blobs/", StringComparison.Ordinal));

    /// <summary>After so many bytes of one blob nothing more comes.</summary>
    public long StallAfter { get; set; } = long.MaxValue;

    /// <summary>Done when a blob has stalled.</summary>
    public Task Stalled => _stalled.Task;

    public void Forget()
    {
        lock (_server.Requests)
            _server.Requests.Clear();
        Interlocked.Exchange(ref _served, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    private async Task AnswerAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        var parts = request.RawUrl!.Split('/');
        if (parts[^2] == "manifests")
        {
            await using var source = ImageLocation.Parse($"oci:{_layout}:{_tag}").OpenSource(ImageScene.Options);
            var manifest = await source.GetManifestAsync(null, CancellationToken.None);
            response.StatusCode = parts[^1] is "1" || parts[^1] == manifest.Digest.ToString() ? 200 : 404;
            response.ContentType = MediaTypes.OciManifest;
            if (response.StatusCode == 200)
                await response.OutputStream.WriteAsync(manifest.Bytes);
            return;
        }

        await BlobAsync(File.ReadAllBytes(Path.Combine(_layout, "blobs", "sha256", parts[^1]["sha256:".Length..])), request, response);
    }

    private async Task BlobAsync(byte[] blob, HttpListenerRequest request, HttpListenerResponse response)
    {
        var from = 0L;
        if (request.Headers["Range"] is { } text && RangeHeaderValue.TryParse(text, out var range))
        {
            from = range.Ranges.Single().From!.Value;
            lock (Ranges)
                Ranges.Add(from);
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {from}-{blob.Length - 1}/{blob.Length}";
        }

        response.ContentLength64 = blob.Length - from;
        for (var at = from; at < blob.Length; at += Piece)
        {
            if (at - from >= StallAfter)
            {
                await response.OutputStream.FlushAsync(_stop.Token);
                _stalled.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
                response.Abort();
                return;
            }

            var count = (int)Math.Min(Piece, blob.Length - at);
            await response.OutputStream.WriteAsync(blob.AsMemory((int)at, count), _stop.Token);
            Interlocked.Add(ref _served, count);
        }
    }
}
