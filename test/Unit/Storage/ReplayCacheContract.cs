using System.Security.Cryptography;
using Nacre.Storage;

namespace Nacre.UnitTests.Storage;

/// <summary>What every record of used nonces must do.</summary>
public abstract class ReplayCacheContract
{
    private static readonly DateTimeOffset s_start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected HandClock Clock { get; } = new() { Now = s_start };

    /// <summary>The same record each time, except where only one process can have it.</summary>
    protected abstract Task<IReplayCache> OpenAsync();

    /// <summary>Rows that are kept.</summary>
    protected abstract Task<long> CountAsync(IReplayCache cache);

    [Fact]
    public async Task Each_id_counts_once()
    {
        await using var cache = await OpenAsync();
        var id = RandomNumberGenerator.GetBytes(32);
        Assert.True(await cache.TryUseAsync(id, s_start, Cancel));
        Assert.False(await cache.TryUseAsync(id, s_start, Cancel));
        Assert.True(await cache.TryUseAsync(id.AsMemory(0, 31), s_start, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => cache.TryUseAsync(new byte[65], s_start, Cancel).AsTask());
    }

    [Fact]
    public async Task Of_many_at_once_one_wins()
    {
        await using var cache = await OpenAsync();
        for (var round = 0; round < 10; round++)
        {
            var id = RandomNumberGenerator.GetBytes(32);
            var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => await cache.TryUseAsync(id, s_start, Cancel))));
            Assert.Single(won, true);
        }
    }

    [Fact]
    public async Task What_has_expired_is_forgotten_and_nothing_else()
    {
        await using var cache = await OpenAsync();
        var kept = RandomNumberGenerator.GetBytes(32);
        await cache.TryUseAsync(kept, s_start.AddHours(1), Cancel);
        for (var i = 0; i < IReplayCache.SweepEvery; i++)
            await cache.TryUseAsync(BitConverter.GetBytes(i), s_start, Cancel);

        Clock.Now = s_start.AddMinutes(30);
        for (var i = 0; i < IReplayCache.SweepEvery; i++)
            await cache.TryUseAsync(BitConverter.GetBytes(i), s_start.AddHours(1), Cancel);

        Assert.False(await cache.TryUseAsync(kept, s_start.AddHours(1), Cancel));
        Assert.InRange(await CountAsync(cache), IReplayCache.SweepEvery, IReplayCache.SweepEvery + 1);
    }

    protected sealed class HandClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
