namespace Nacre.Storage;

/// <summary>
/// Values by namespace and key. A write that was acknowledged survives whatever is killed afterwards (stores on disk), several writes
/// given together happen together or not at all, and every reader in every process sees them from then on.
/// </summary>
public interface IKeyValueStore : IAsyncDisposable
{
    /// <summary>Null when there is none.</summary>
    ValueTask<StoredValue?> FindAsync(string space, string key, CancellationToken cancel);

    /// <summary>Keys that begin with <paramref name="prefix"/> and come after <paramref name="after"/>, in ordinal order, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(string space, string prefix, string? after, int limit, CancellationToken cancel);

    /// <summary>As <see cref="ListAsync"/> of the whole namespace, with the values: for whoever wants all of them.</summary>
    ValueTask<IReadOnlyList<StoredEntry>> ReadAsync(string space, string? after, int limit, CancellationToken cancel);

    /// <summary>All of the writes, or none when a condition of one of them does not hold.</summary>
    ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel);

    /// <summary>Everything, as it was at one moment, by namespace and key; writers go on meanwhile.</summary>
    IAsyncEnumerable<StoredEntry> SnapshotAsync(CancellationToken cancel);
}

/// <summary>A value and the version it has; each write gives a version that was never used before in this store.</summary>
public sealed record StoredValue(byte[] Value, long Version);

/// <summary>A value with its place.</summary>
public sealed record StoredEntry(string Space, string Key, byte[] Value, long Version);

public enum WriteResult
{
    Written,

    /// <summary>A condition did not hold; nothing was written.</summary>
    Conflict,
}
