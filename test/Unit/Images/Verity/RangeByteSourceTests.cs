using System.Net;
using System.Net.Http.Headers;
using Nacre.Formats.Verity;
using Nacre.Images;
using Nacre.Images.Verity;

namespace Nacre.UnitTests.Images.Verity;

/// <summary>A server of range requests that lies in every way: what comes out is right, or an error.</summary>
[Trait("Group", "ImagesVerity")]
public sealed class RangeByteSourceTests : IDisposable
{
    private const int Blocks = 300;
    private static readonly RangeOptions s_options = new() { Timeout = TimeSpan.FromSeconds(1), Attempts = 2, FirstDelay = TimeSpan.FromMilliseconds(1) };
    private readonly VerityScene _scene = new();

    [Fact]
    public async Task An_honest_server_is_asked_for_what_is_needed_only()
    {
        var (tree, root, bytes) = await MakeAsync();
        await using var ranges = Open((from, to) => Answer(bytes, from, to));
        await using var source = new VeritySource(ranges, tree, root) { ReadAhead = 8 };
        var buffer = new byte[5000];
        await source.ReadAsync(200 * 4096, buffer, CancellationToken.None);
        await source.ReadAsync(201 * 4096, buffer, CancellationToken.None);

        Assert.Equal(bytes.AsSpan(201 * 4096, 5000).ToArray(), buffer);
        // Eight blocks of data, and one of the tree at each of its two levels.
        Assert.Equal((3, (8 + 2) * 4096L), (ranges.Requests, ranges.BytesFetched));
    }

    [Fact]
    public async Task A_server_that_comes_back_is_borne()
    {
        var (_, _, bytes) = await MakeAsync();
        var calls = 0;
        await using var ranges = Open((from, to) => calls++ == 0 ? new(HttpStatusCode.ServiceUnavailable) : Answer(bytes, from, to));
        var buffer = new byte[10];
        await ranges.ReadAsync(5, buffer, CancellationToken.None);

        Assert.Equal(2, calls);
        Assert.Equal(bytes.AsSpan(5, 10).ToArray(), buffer);
    }

    [Theory]
    [InlineData("wrong bytes", ImageFault.DigestMismatch, "is damaged")]
    [InlineData("short", ImageFault.Unreachable, "")]
    [InlineData("other range", ImageFault.Unreachable, "were asked for, the server sends")]
    [InlineData("no range", ImageFault.Unreachable, "were asked for, the server sends")]
    [InlineData("whole file", ImageFault.Unreachable, "ignores ranges")]
    [InlineData("html", ImageFault.Unreachable, "HTTP 404")]
    [InlineData("stall", ImageFault.Unreachable, "no answer within")]
    [InlineData("stall inside", ImageFault.Unreachable, "no answer within")]
    [InlineData("down", ImageFault.Unreachable, "HTTP 503")]
    public async Task A_lying_server_gives_an_error_and_no_data(string lie, ImageFault fault, string message)
    {
        var (tree, root, bytes) = await MakeAsync();
        await using var ranges = Open((from, to) => Lie(lie, bytes, from, to));
        await using var source = new VeritySource(ranges, tree, root);
        var buffer = new byte[4096];

        var error = await Assert.ThrowsAsync<ImageException>(() => source.ReadAsync(0, buffer, CancellationToken.None).AsTask());

        Assert.Equal(fault, error.Fault);
        Assert.Contains(message, error.What, StringComparison.Ordinal);
        Assert.DoesNotContain(buffer, value => value != 0);
    }

    public void Dispose() => _scene.Dispose();

    private static HttpResponseMessage? Lie(string lie, byte[] bytes, long from, long to)
    {
        switch (lie)
        {
            case "wrong bytes":
                return Answer([.. bytes.Select(value => (byte)(value ^ 1))], from, to);
            case "short":
                var cut = Answer(bytes, from, to);
                cut.Content = new ByteArrayContent(bytes, (int)from, (int)(to - from)) { Headers = { ContentRange = cut.Content.Headers.ContentRange } };
                return cut;
            case "other range":
                return Answer(bytes, from + 4096, to + 4096);
            case "no range":
                return new(HttpStatusCode.PartialContent) { Content = new ByteArrayContent(bytes, (int)from, (int)(to - from + 1)) };
            case "whole file":
                return new(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) };
            case "html":
                return new(HttpStatusCode.NotFound) { Content = new StringContent("<html>") };
            case "stall inside":
                var slow = Answer(bytes, from, to);
                slow.Content = new StreamContent(new NeverEndingStream()) { Headers = { ContentRange = slow.Content.Headers.ContentRange } };
                return slow;
            case "down":
                return new(HttpStatusCode.ServiceUnavailable);
            default:
                return null;
        }
    }

    private static HttpResponseMessage Answer(byte[] bytes, long from, long to) => new(HttpStatusCode.PartialContent)
    {
        Content = new ByteArrayContent(bytes, (int)from, (int)(to - from + 1)) { Headers = { ContentRange = new ContentRangeHeaderValue(from, to, bytes.Length) } },
    };

    private static RangeByteSource Open(Func<long, long, HttpResponseMessage?> answer) =>
        new(new HttpClient(new FakeServer(answer)) { Timeout = Timeout.InfiniteTimeSpan }, new Uri("https://layers.test/layer.erofs"), s_options);

    private async Task<(VerityTree Tree, byte[] Root, byte[] Bytes)> MakeAsync()
    {
        _scene.WriteData(Blocks, 4096);
        var tree = new VerityTree(VerityScene.Parameters(Blocks), Blocks * 4096L);
        using var file = File.OpenHandle(_scene.Data, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var root = await new VerityFormatter(tree).WriteAsync(file, file, "test", CancellationToken.None);
        return (tree, root, await File.ReadAllBytesAsync(_scene.Data));
    }

    /// <summary>No answer at all where there is none to give.</summary>
    private sealed class FakeServer(Func<long, long, HttpResponseMessage?> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var range = request.Headers.Range!.Ranges.Single();
            if (answer(range.From!.Value, range.To!.Value) is { } message)
                return message;
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new System.Diagnostics.UnreachableException();
        }
    }

    private sealed class NeverEndingStream : Nacre.Images.Transports.ReadOnlyStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
