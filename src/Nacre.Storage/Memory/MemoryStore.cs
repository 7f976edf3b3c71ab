namespace Nacre.Storage.Memory;

/// <summary>Values in this process only; gone with it. For tests and for a server that is meant to forget.</summary>
public sealed class MemoryStore : IKeyValueStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedList<string, StoredValue>> _spaces = [];
    private long _version;

    public ValueTask<StoredValue?> FindAsync(string space, string key, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_gate)
            return ValueTask.FromResult(Find(space, key) is { } found ? found with { Value = [.. found.Value] } : null);
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(string space, string prefix, string? after, int limit, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_spaces.TryGetValue(space, out var entries))
                return ValueTask.FromResult<IReadOnlyList<string>>([]);

            return ValueTask.FromResult<IReadOnlyList<string>>([.. entries.Keys
                .Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && (after is null || string.CompareOrdinal(key, after) > 0))
                .Take(limit)]);
        }
    }

    public ValueTask<IReadOnlyList<StoredEntry>> ReadAsync(string space, string? after, int limit, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_spaces.TryGetValue(space, out var entries))
                return ValueTask.FromResult<IReadOnlyList<StoredEntry>>([]);

            return ValueTask.FromResult<IReadOnlyList<StoredEntry>>([.. entries
                .Where(entry => after is null || string.CompareOrdinal(entry.Key, after) > 0)
                .Take(limit)
                .Select(entry => new StoredEntry(space, entry.Key, [.. entry.Value.Value], entry.Value.Version))]);
        }
    }

    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (writes.Any(write => !write.Condition.Holds(Find(write.Space, write.Key)?.Version)))
                return ValueTask.FromResult(WriteResult.Conflict);

            foreach (var write in writes.Where(write => !write.OnlyChecks))
            {
                if (!_spaces.TryGetValue(write.Space, out var entries))
                    _spaces.Add(write.Space, entries = new SortedList<string, StoredValue>(StringComparer.Ordinal));

                if (write.Value is null)
                    entries.Remove(write.Key);
                else
                    entries[write.Key] = new StoredValue([.. write.Value], ++_version);
            }

            return ValueTask.FromResult(WriteResult.Written);
        }
    }

    public IAsyncEnumerable<StoredEntry> SnapshotAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            return _spaces.OrderBy(space => space.Key, StringComparer.Ordinal)
                .SelectMany(space => space.Value.Select(entry => new StoredEntry(space.Key, entry.Key, [.. entry.Value.Value], entry.Value.Version)))
                .ToList().ToAsyncEnumerable();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private StoredValue? Find(string space, string key) =>
        _spaces.TryGetValue(space, out var entries) && entries.TryGetValue(key, out var value) ? value : null;
}
