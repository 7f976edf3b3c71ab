namespace Nacre.Storage.Encryption;

/// <summary>
/// Changes the keys of a store that servers are using: one write of one row, so it happens whole or not at all. Servers notice with their
/// next write, or when they meet a value under a key that they do not know.
/// </summary>
/// <param name="store">Below the encryption.</param>
/// <param name="masters">One of them wrapped the data keys.</param>
/// <param name="clock">Says when a data key was made.</param>
public sealed class KeyRotation(IKeyValueStore store, IReadOnlyList<IMasterKey> masters, TimeProvider clock)
{
    private readonly KeyRingRow _row = new(store, masters, clock);

    /// <exception cref="StoreException">The store has none.</exception>
    public async ValueTask<KeyRing> ReadAsync(CancellationToken cancel) => (await _row.RequireAsync(cancel)).Ring;

    /// <summary>
    /// From now on values are written under a new data key. The others stay for reading until <see cref="KeyRewrap"/> has rewritten all values.
    /// </summary>
    /// <returns>The id of the new key.</returns>
    public async ValueTask<int> RotateDataAsync(CancellationToken cancel)
    {
        while (true)
        {
            var (ring, version) = await _row.RequireAsync(cancel);
            if (ring.Keys.Count == KeyRing.MaxKeys)
                throw new StoreException($"the store has {KeyRing.MaxKeys} data keys already; rewrite the old values first: nacre key rewrap");

            var master = await _row.MasterOfAsync(ring.Keys[^1], cancel);
            var made = await _row.NewKeyAsync(ring.Current + 1, master, cancel);
            if (await _row.TryReplaceAsync(new KeyRing(made.Id, [.. await NamedAsync(ring, master, cancel), made]), version, cancel))
                return made.Id;
        }
    }

    /// <summary>
    /// Wraps every data key by another master key. Values are not touched; the old master key opens nothing of this store any more.
    /// </summary>
    public async ValueTask RotateMasterAsync(IMasterKey to, CancellationToken cancel)
    {
        while (true)
        {
            var (ring, version) = await _row.RequireAsync(cancel);
            var rewrapped = new List<WrappedKey>();
            foreach (var entry in ring.Keys)
            {
                using var key = await _row.UnwrapAsync(entry, cancel);
                rewrapped.Add(await KeyRingRow.WrapAsync(entry, key, to, cancel));
            }

            // A key service that wraps but may not unwrap would lock everybody out.
            var opened = new KeyRingRow(store, [to], clock);
            foreach (var entry in rewrapped)
                (await opened.UnwrapAsync(entry, cancel)).Dispose();

            if (await _row.TryReplaceAsync(ring with { Keys = rewrapped }, version, cancel))
                return;
        }
    }

    // Of a store of the first version: its key goes into the row with its name.
    private async ValueTask<IEnumerable<WrappedKey>> NamedAsync(KeyRing ring, IMasterKey master, CancellationToken cancel)
    {
        if (!ring.IsLone)
            return ring.Keys;

        using var key = await _row.UnwrapAsync(ring.Keys[0], cancel);
        return [ring.Keys[0] with { Master = master.Id, Check = DataKeys.CheckOf(key) }];
    }
}
