namespace Nacre.Storage;

/// <summary>Another's store, for what would dispose it: it stays open.</summary>
public sealed class BorrowedStore(IKeyValueStore lender) : IKeyValueStore
{
    public ValueTask<StoredValue?> FindAsync(string space, string key, CancellationToken cancel) => lender.FindAsync(space, key, cancel);

    public ValueTask<IReadOnlyList<string>> ListAsync(string space, string prefix, string? after, int limit, CancellationToken cancel) =>
        lender.ListAsync(space, prefix, after, limit, cancel);

    public ValueTask<IReadOnlyList<StoredEntry>> ReadAsync(string space, string? after, int limit, CancellationToken cancel) =>
        lender.ReadAsync(space, after, limit, cancel);

    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel) => lender.WriteAsync(writes, cancel);

    public IAsyncEnumerable<StoredEntry> SnapshotAsync(CancellationToken cancel) => lender.SnapshotAsync(cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
