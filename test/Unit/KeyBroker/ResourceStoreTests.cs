using System.Text;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Resources;
using Nacre.Storage;
using Nacre.Storage.Memory;

namespace Nacre.UnitTests.KeyBroker;

[Trait("Group", "TrustResources")]
public sealed class ResourceStoreTests : IAsyncDisposable
{
    private static readonly ResourceUri s_uri = ResourceUri.Parse("kbs:///default/key/1");
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly MemoryStore _store = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ResourceStore Resources => new(_store);

    [Fact]
    public async Task Keeps_the_newest_versions_and_rolls_back_to_one()
    {
        for (var i = 1; i <= 14; i++)
            Assert.Equal(i, await SetAsync($"value {i}"));

        var history = await Resources.HistoryAsync(s_uri, Cancel);
        Assert.Equal(Enumerable.Range(5, 10), history.Select(version => version.Detail.Version));
        Assert.Null(await Resources.FindVersionAsync(s_uri, 4, Cancel));
        var (_, value) = (await Resources.FindVersionAsync(s_uri, 5, Cancel))!.Value;
        Assert.Equal("value 5", Encoding.UTF8.GetString(value));
        Assert.Equal(14, (await Resources.FindAsync(s_uri, Cancel))!.Detail.Version);
    }

    [Fact]
    public async Task A_value_of_before_there_were_versions_is_the_first()
    {
        await _store.SetAsync("repository", s_uri.Path, "old"u8.ToArray(), WriteCondition.None, Cancel);
        Assert.Equal(1, (await Resources.FindAsync(s_uri, Cancel))!.Detail.Version);
        Assert.Equal(2, await SetAsync("new"));
        Assert.Equal("old"u8.ToArray(), (await Resources.FindVersionAsync(s_uri, 1, Cancel))!.Value.Value);
    }

    [Fact]
    public async Task A_number_is_never_used_again()
    {
        await SetAsync("one");
        await SetAsync("two");
        Assert.False(await Resources.DeleteAsync(s_uri, new(1, true), Cancel));
        Assert.True(await Resources.DeleteAsync(s_uri, ResourceCondition.None, Cancel));
        Assert.Null(await Resources.DeleteAsync(s_uri, ResourceCondition.None, Cancel));
        Assert.Null(await Resources.FindAsync(s_uri, Cancel));
        Assert.Empty(await Resources.HistoryAsync(s_uri, Cancel));
        Assert.Empty(await Resources.ListAsync(Cancel));

        Assert.Null(await SetAsync("three", new(2, true)));
        Assert.Equal(3, await SetAsync("three", new(null, false)));
        Assert.Null(await SetAsync("four", new(null, false)));
        Assert.Null(await Resources.FindVersionAsync(s_uri, 1, Cancel));
    }

    [Fact]
    public async Task Of_many_that_count_at_once_each_counts_once()
    {
        await Resources.SetAsync(
            s_uri, "secret"u8.ToArray(), new ResourceDetail(0) { Limit = new(1000, null) }, ResourceCondition.None, Cancel);
        var counted = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                while (await Resources.FindAsync(s_uri, Cancel) is { Detail.Released: < 100 } found)
                {
                    if (await Resources.TryCountAsync(found, Cancel))
                        Interlocked.Increment(ref counted);
                }
            },
            Cancel)));

        Assert.InRange(counted, 100, 107);
        Assert.Equal(counted, (await Resources.FindAsync(s_uri, Cancel))!.Detail.Released);
        var before = (await Resources.FindAsync(s_uri, Cancel))!;
        await SetAsync("another");
        Assert.False(await Resources.TryCountAsync(before, Cancel));
    }

    [Fact]
    public async Task Details_of_another_value_are_never_taken()
    {
        await SetAsync("secret");
        await _store.SetAsync("repository", s_uri.Path, "past this program"u8.ToArray(), WriteCondition.None, Cancel);
        await Assert.ThrowsAsync<StoreException>(() => Resources.FindAsync(s_uri, Cancel).AsTask());
        await SetAsync("again");
        Assert.Equal("again"u8.ToArray(), (await Resources.FindAsync(s_uri, Cancel))!.Value);
    }

    [Fact]
    public void What_is_said_of_a_secret_is_read_from_headers()
    {
        var detail = ResourceHeaders.Read(
            Call(
                ("Content-Type", "text/plain"), ("Nacre-Labels", "team=payments, app/name=a b=c"), ("Nacre-Release-Limit", "once"),
                ("Nacre-Release-Until", "2026-01-02T01:00:00+01:00")),
            s_now);

        Assert.Equal("text/plain", detail.ContentType);
        Assert.Equal([new("app/name", "a b=c"), new("team", "payments")], detail.Labels.OrderBy(label => label.Key));
        Assert.Equal(new ReleaseLimit(1, new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero)), detail.Limit);
        Assert.Equal(ReleaseLimit.None, ResourceHeaders.Read(Call(), s_now).Limit);
    }

    [Theory]
    [InlineData("Nacre-Labels", "novalue")]
    [InlineData("Nacre-Labels", "=x")]
    [InlineData("Nacre-Labels", "a=1,a=2")]
    [InlineData("Nacre-Labels", "a b=1")]
    [InlineData("Nacre-Labels", "a=\u0001")]
    [InlineData("Nacre-Release-Limit", "0")]
    [InlineData("Nacre-Release-Limit", "-1")]
    [InlineData("Nacre-Release-Limit", "twice")]
    [InlineData("Nacre-Release-Limit", "once,once")]
    [InlineData("Nacre-Release-Until", "tomorrow")]
    [InlineData("Nacre-Release-Until", "2026-12-31T00:00:00")]
    [InlineData("Nacre-Release-Until", "2025-12-31T00:00:00Z")]
    [InlineData("Content-Type", "text/\u0007")]
    public void What_is_not_understood_is_400(string name, string value) =>
        Assert.Equal(400, Assert.Throws<KbsProblemException>(() => ResourceHeaders.Read(Call((name, value)), s_now)).Status);

    [Theory]
    [InlineData("If-Match", "3")]
    [InlineData("If-Match", "W/\"3\"")]
    [InlineData("If-Match", "\"3\", \"4\"")]
    [InlineData("If-Match", "\"x\"")]
    [InlineData("If-None-Match", "\"3\"")]
    public void A_condition_that_is_not_understood_is_400(string name, string value) =>
        Assert.Equal(400, Assert.Throws<KbsProblemException>(() => ResourceCondition.Read(Call((name, value)))).Status);

    [Theory]
    [InlineData(null, null, 2, 2026, null)]
    [InlineData(3, null, 2, 2026, null)]
    [InlineData(3, null, 3, 2026, "3 times")]
    [InlineData(1, null, 1, 2026, "once")]
    [InlineData(null, 2027, 9, 2026, null)]
    [InlineData(null, 2026, 0, 2026, "until 2026")]
    public void A_limit_says_when_it_is_reached(int? most, int? until, int released, int now, string? why)
    {
        var limit = new ReleaseLimit(most, until is { } year ? new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero) : null);
        var refusal = limit.Refuses(released, new DateTimeOffset(now, 1, 1, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal(why is null, refusal is null);
        Assert.Contains(why ?? "", refusal ?? "", StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private ValueTask<int?> SetAsync(string text, ResourceCondition? condition = null) =>
        Resources.SetAsync(s_uri, Encoding.UTF8.GetBytes(text), new ResourceDetail(0), condition ?? ResourceCondition.None, Cancel);

    private static KbsCall Call(params (string Name, string Value)[] headers) => new()
    {
        Values = new Dictionary<string, string>(),
        Query = new Dictionary<string, string>(),
        Header = name => Array.Find(headers, header => header.Name == name).Value,
    };
}
