using Nacre.Storage;

namespace Nacre.KeyBroker.Metrics;

/// <summary>Times the writes of another store, which stays the caller's.</summary>
internal sealed class MeasuredStore(IKeyValueStore inner, BrokerMetrics metrics, TimeProvider clock) : IKeyValueStore
{
    public ValueTask<StoredValue?> FindAsync(string space, string key, CancellationToken cancel) => inner.FindAsync(space, key, cancel);

    public ValueTask<IReadOnlyList<string>> ListAsync(string space, string prefix, string? after, int limit, CancellationToken cancel) =>
        inner.ListAsync(space, prefix, after, limit, cancel);

    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel)
    {
        var since = clock.GetTimestamp();
        var result = await inner.WriteAsync(writes, cancel);
        metrics.StoreFlush(clock.GetElapsedTime(since));
        return result;
    }

    public IAsyncEnumerable<StoredEntry> SnapshotAsync(CancellationToken cancel) => inner.SnapshotAsync(cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
