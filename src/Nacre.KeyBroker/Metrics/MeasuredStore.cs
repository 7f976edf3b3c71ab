using Nacre.KeyBroker.Telemetry;
using Nacre.Storage;

namespace Nacre.KeyBroker.Metrics;

/// <summary>Times the writes of another store, which stays the caller's, and shows what a request does with it in its trace.</summary>
internal sealed class MeasuredStore(IKeyValueStore inner, BrokerMetrics metrics, TimeProvider clock) : IKeyValueStore
{
    public ValueTask<StoredValue?> FindAsync(string space, string key, CancellationToken cancel) => BrokerTrace.IsRecording
        ? StepAsync("store read", () => inner.FindAsync(space, key, cancel)) : inner.FindAsync(space, key, cancel);

    public ValueTask<IReadOnlyList<string>> ListAsync(string space, string prefix, string? after, int limit, CancellationToken cancel) =>
        BrokerTrace.IsRecording
            ? StepAsync("store list", () => inner.ListAsync(space, prefix, after, limit, cancel))
            : inner.ListAsync(space, prefix, after, limit, cancel);

    public ValueTask<IReadOnlyList<StoredEntry>> ReadAsync(string space, string? after, int limit, CancellationToken cancel) =>
        BrokerTrace.IsRecording
            ? StepAsync("store read", () => inner.ReadAsync(space, after, limit, cancel)) : inner.ReadAsync(space, after, limit, cancel);

    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel)
    {
        using var span = BrokerTrace.Step("store write");
        var since = clock.GetTimestamp();
        var result = await inner.WriteAsync(writes, cancel);
        metrics.StoreFlush(clock.GetElapsedTime(since));
        return result;
    }

    public IAsyncEnumerable<StoredEntry> SnapshotAsync(CancellationToken cancel) => inner.SnapshotAsync(cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async ValueTask<T> StepAsync<T>(string name, Func<ValueTask<T>> operation)
    {
        using var span = BrokerTrace.Step(name);
        return await operation();
    }
}
