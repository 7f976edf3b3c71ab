namespace Nacre.Storage.Encryption;

/// <summary>
/// Rewrites what is under old data keys under the newest, while servers read and write, and then drops the old keys. Each batch is a
/// transaction that holds only when nobody changed its rows meanwhile, so it may be killed at any time and be run again.
/// </summary>
public sealed class KeyRewrap(EncryptedStore store, TimeProvider clock)
{
    private const int BatchRows = 64;
    private const long BatchBytes = 8 * 1024 * 1024;

    /// <param name="perSecond">Rows, so that servers are not held up; 0 for as fast as it goes.</param>
    /// <param name="progress">Rows so far, after each batch; null for nobody.</param>
    /// <param name="cancel">Stops after a batch.</param>
    public async Task<KeyRewrapResult> RunAsync(int perSecond, IProgress<long>? progress, CancellationToken cancel)
    {
        await store.ReloadAsync(cancel);
        var since = clock.GetTimestamp();
        var rewritten = 0L;
        var batch = new List<StoredEntry>();
        foreach (var (space, key) in await FindOldAsync(cancel))
        {
            if (await store.Row.Store.FindAsync(space, key, cancel) is not { } row || !IsOld(row.Value))
                continue;

            batch.Add(new StoredEntry(space, key, row.Value, row.Version));
            if (batch.Count == BatchRows || batch.Sum(entry => (long)entry.Value.Length) > BatchBytes)
                await FlushAsync();
        }

        await FlushAsync();
        return new KeyRewrapResult(rewritten, await DropUnusedAsync(cancel));

        async Task FlushAsync()
        {
            await RewriteAsync(batch, cancel);
            rewritten += batch.Count;
            batch.Clear();
            progress?.Report(rewritten);
            if (perSecond > 0 && TimeSpan.FromSeconds((double)rewritten / perSecond) - clock.GetElapsedTime(since) is { Ticks: > 0 } ahead)
                await Task.Delay(ahead, clock, cancel);
        }
    }

    /// <summary>How many values are under each data key.</summary>
    public static async Task<IReadOnlyDictionary<int, long>> CountAsync(IKeyValueStore inner, CancellationToken cancel)
    {
        var counts = new Dictionary<int, long>();
        await foreach (var entry in inner.SnapshotAsync(cancel))
        {
            if (entry.Space != KeyRingRow.Space && DataKeys.KeyOf(entry.Value) is { } id)
                counts[id] = counts.GetValueOrDefault(id) + 1;
        }

        return counts;
    }

    private bool IsOld(byte[] stored) => DataKeys.KeyOf(stored) is { } id && id != store.CurrentKey;

    // Only their names: a snapshot that stays open for long keeps the store from cleaning up.
    private async Task<List<(string Space, string Key)>> FindOldAsync(CancellationToken cancel)
    {
        var old = new List<(string, string)>();
        await foreach (var entry in store.Row.Store.SnapshotAsync(cancel))
        {
            if (entry.Space != KeyRingRow.Space && IsOld(entry.Value))
                old.Add((entry.Space, entry.Key));
        }

        return old;
    }

    private async Task RewriteAsync(List<StoredEntry> rows, CancellationToken cancel)
    {
        var writes = new List<StoreWrite>(rows.Count);
        foreach (var row in rows)
        {
            var value = await store.DecryptAsync(row.Space, row.Key, row.Value, cancel);
            writes.Add(StoreWrite.Set(row.Space, row.Key, value, WriteCondition.MustBe(row.Version)));
        }

        if (writes.Count == 0 || await store.WriteAsync(writes, cancel) == WriteResult.Written)
            return;

        // Somebody wrote one of them, which put that one under the newest key.
        foreach (var write in writes)
            await store.WriteAsync([write], cancel);
    }

    // A write under an old key needs the row of keys as it was before the rotation. So what a snapshot that began after the rotation does not
    // have under a key, nobody will ever write under it.
    private async Task<int> DropUnusedAsync(CancellationToken cancel)
    {
        var (ring, version) = await store.Row.RequireAsync(cancel);
        var counts = await CountAsync(store.Row.Store, cancel);
        var kept = ring.Keys.Where(key => key.Id == ring.Current || counts.ContainsKey(key.Id)).ToList();
        return kept.Count < ring.Keys.Count && await store.Row.TryReplaceAsync(ring with { Keys = kept }, version, cancel)
            ? ring.Keys.Count - kept.Count : 0;
    }
}

/// <param name="Rewritten">Rows.</param>
/// <param name="Dropped">Data keys that nothing is under any more.</param>
public sealed record KeyRewrapResult(long Rewritten, int Dropped);
