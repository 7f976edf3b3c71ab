using Microsoft.Extensions.Logging.Abstractions;
using Nacre.KeyBroker.Attempts;
using Nacre.Storage.Memory;

namespace Nacre.UnitTests.KeyBroker;

/// <summary>Refusals are in the store when they are told; what is only noted follows soon, and the store keeps its size.</summary>
[Trait("Group", "TrustAttempts")]
public sealed class AttemptStoreTests : IAsyncDisposable
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.Parse("2026-03-01T12:00:00Z");

    private readonly MemoryStore _store = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_recorded_is_in_the_store_at_once()
    {
        await using var attempts = Open();
        await attempts.RecordAsync(Attempt(1), Cancel);

        Assert.NotNull(await _store.FindAsync("attempt", Attempt(1).Id, Cancel));
    }

    [Fact]
    public async Task What_is_noted_is_known_here_at_once_and_elsewhere_after_the_lag()
    {
        await using var one = Open();
        await using var two = Open();
        await one.NoteAsync(Attempt(1), Cancel);

        Assert.Null(await _store.FindAsync("attempt", Attempt(1).Id, Cancel));
        Assert.Equal("pcr08", (string?)(await one.FindAsync(Attempt(1).Id, Cancel))?["reasons"]?[0]);
        Assert.Equal("pcr08", (string?)(await two.AwaitAsync(Attempt(1).Id, Cancel))?["reasons"]?[0]);
    }

    [Fact]
    public async Task Listing_and_closing_leave_nothing_behind()
    {
        await using (var attempts = Open())
        {
            await attempts.NoteAsync(Attempt(1), Cancel);
            Assert.Single(await attempts.ListAsync(10, Cancel));
            await attempts.NoteAsync(Attempt(2), Cancel);
        }

        Assert.NotNull(await _store.FindAsync("attempt", Attempt(2).Id, Cancel));
    }

    [Fact]
    public async Task The_newest_stay_when_there_are_too_many()
    {
        await using (var attempts = Open())
        {
            for (var i = 0; i < AttemptStore.Kept + 300; i++)
                await attempts.RecordAsync(Attempt(i), Cancel);
        }

        var kept = await _store.ListAsync("attempt", "", null, 5000, Cancel);
        Assert.Equal(AttemptStore.Kept, kept.Count);
        Assert.Equal(Attempt(300).Id, kept[0]);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private AttemptStore Open() => new(_store, TimeProvider.System, NullLogger.Instance);

    private static AttemptRecord Attempt(int number) => new()
    {
        Id = $"{s_now.AddSeconds(number).ToUnixTimeMilliseconds():x12}{number:x20}",
        At = s_now.AddSeconds(number),
        Kind = AttemptKind.NotAffirming,
        Reasons = ["pcr08"],
    };
}
