using System.Diagnostics;
using Nacre.Verifiers.Collateral;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>A service that lies about sizes, stalls, is busy, and sends its callers around.</summary>
[Trait("Group", "EvidenceCollateral")]
public sealed class CollateralHttpTests : IAsyncDisposable
{
    private readonly StandInService _service = new();
    private readonly HttpClient _client = CollateralHttp.CreateClient();

    [Fact]
    public async Task Gives_the_body_and_the_decoded_header()
    {
        _service.Serve("/a", [1, 2, 3], ("Chain", "a%20b%2Bc+d%0A"));
        var answer = await GetAsync("a");

        Assert.Equal([1, 2, 3], answer!.Body);
        Assert.Equal("a b+c+d\n", answer.FindHeader("Chain"));
        Assert.Null(answer.FindHeader("Other"));
    }

    [Fact]
    public async Task Not_found_is_an_answer() => Assert.Null(await GetAsync("nothing"));

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(410)]
    [InlineData(500)]
    [InlineData(204)]
    public async Task Any_other_status_is_no_answer(int status)
    {
        _service.Refuse("/a", status);
        Assert.Contains($"{status}", await RefusedAsync("a"), StringComparison.Ordinal);
        Assert.Equal(1, _service.Count("/a"));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Waits_for_a_busy_service_as_long_as_it_asks(int status)
    {
        _service.Answers["/a"] = (context, _) =>
        {
            _service.Serve("/a", [7]);
            context.Response.StatusCode = status;
            context.Response.Headers["Retry-After"] = "2";
            return Task.CompletedTask;
        };
        var since = Stopwatch.GetTimestamp();

        Assert.Equal([7], (await GetAsync("a"))!.Body);
        Assert.True(Stopwatch.GetElapsedTime(since) >= TimeSpan.FromSeconds(1.9));
    }

    [Fact]
    public async Task Does_not_wait_beyond_the_deadline()
    {
        _service.Refuse("/a", 429, ("Retry-After", "3600"));
        var since = Stopwatch.GetTimestamp();

        Assert.Contains("3600 seconds", await RefusedAsync("a"), StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(2));
        Assert.Equal(1, _service.Count("/a"));
    }

    [Fact]
    public async Task Gives_up_on_a_service_that_stays_busy()
    {
        _service.Refuse("/a", 503);
        Assert.Contains("503", await RefusedAsync("a"), StringComparison.Ordinal);
        Assert.Equal(3, _service.Count("/a"));
    }

    [Fact]
    public async Task Follows_a_redirect()
    {
        _service.Refuse("/a", 302, ("Location", "/b"));
        _service.Serve("/b", [9]);
        Assert.Equal([9], (await GetAsync("a"))!.Body);
    }

    [Fact]
    public async Task Does_not_run_in_circles()
    {
        _service.Refuse("/a", 307, ("Location", "/b"));
        _service.Refuse("/b", 307, ("Location", "/a"));
        Assert.Contains("redirects", await RefusedAsync("a"), StringComparison.Ordinal);
        Assert.Equal(4, _service.Asked.Count);
    }

    [Theory]
    [InlineData("https://127.0.0.1/x")]
    [InlineData("file:///etc/passwd")]
    public async Task Does_not_follow_to_another_scheme(string location)
    {
        _service.Refuse("/a", 301, ("Location", location));
        Assert.Contains("another scheme", await RefusedAsync("a"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("//[")]
    [InlineData("http://")]
    public async Task A_redirect_to_nowhere_is_no_answer(string location)
    {
        _service.Refuse("/a", 302, ("Location", location));
        Assert.NotEmpty(await RefusedAsync("a"));
    }

    [Fact]
    public async Task Stops_an_endless_body()
    {
        _service.Flood("/a");
        Assert.Contains("longer than 100 bytes", await RefusedAsync("a"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stops_a_body_that_stalls()
    {
        _service.Stall("/a");
        var since = Stopwatch.GetTimestamp();
        Assert.Contains("no answer within", await RefusedAsync("a", TimeSpan.FromSeconds(0.5)), StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_unavailable()
    {
        var gone = new StandInService();
        await gone.DisposeAsync();
        Assert.Contains(
            "refused",
            (await Assert.ThrowsAsync<CollateralUnavailableException>(async () =>
                await new CollateralHttp(_client, TimeProvider.System).GetAsync(gone.Url, "a thing", 100, default))).Message,
                    StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_caller_may_hang_up()
    {
        _service.Stall("/a");
        using var hangUp = new CancellationTokenSource(TimeSpan.FromSeconds(0.3));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await new CollateralHttp(_client, TimeProvider.System).GetAsync(new(_service.Url, "a"), "a thing", 100, hangUp.Token));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _service.DisposeAsync();
    }

    private async Task<string> RefusedAsync(string path, TimeSpan? deadline = null) =>
        (await Assert.ThrowsAsync<CollateralUnavailableException>(async () => await GetAsync(path, deadline))).Message;

    private ValueTask<CollateralAnswer?> GetAsync(string path, TimeSpan? deadline = null) =>
        new CollateralHttp(_client, TimeProvider.System) { Deadline = deadline ?? TimeSpan.FromSeconds(10) }.GetAsync(
            new(_service.Url, path), "a thing", 100, default);
}
