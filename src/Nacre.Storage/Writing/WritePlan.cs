namespace Nacre.Storage.Writing;

/// <summary>What a batch of callers comes to, one after the other: who conflicts, and in the end the last write of each key.</summary>
/// <param name="versions">Of the keys with a condition, as they are before the batch.</param>
/// <param name="last">The last version that was given.</param>
internal sealed class WritePlan(IReadOnlyDictionary<(string Space, string Key), long> versions, long last)
{
    private readonly Dictionary<(string Space, string Key), PlannedRow> _rows = [];

    /// <summary>A null value is a removal.</summary>
    public IReadOnlyDictionary<(string Space, string Key), PlannedRow> Rows => _rows;

    public long LastVersion { get; private set; } = last;

    public WriteResult Apply(IReadOnlyList<StoreWrite> writes)
    {
        // All conditions are looked at before the first write, so a conflict leaves nothing to undo.
        foreach (var write in writes)
        {
            if (!write.Condition.Holds(VersionOf((write.Space, write.Key))))
                return WriteResult.Conflict;
        }

        foreach (var write in writes)
        {
            if (!write.OnlyChecks)
                _rows[(write.Space, write.Key)] = new PlannedRow(write.Value, write.Value is null ? 0 : ++LastVersion);
        }

        return WriteResult.Written;
    }

    private long? VersionOf((string Space, string Key) name) =>
        _rows.TryGetValue(name, out var row) ? row.Value is null ? null : row.Version
        : versions.TryGetValue(name, out var version) ? version : null;
}

internal readonly record struct PlannedRow(byte[]? Value, long Version);
