namespace Nacre.Storage.Backup;

/// <summary>Puts the rows of a backup into a store, whatever kind it is: all of them in one transaction, or none.</summary>
public static class BackupRestore
{
    /// <param name="rows">Of <see cref="BackupFile.ReadAsync"/>.</param>
    /// <param name="store">As its rows are: below the encryption.</param>
    /// <param name="replace">Also when the store holds something, which is then gone.</param>
    /// <param name="cancel">Counts until the transaction begins.</param>
    /// <exception cref="StoreException">The store is not empty.</exception>
    public static async Task RunAsync(IReadOnlyList<StoreWrite> rows, IKeyValueStore store, bool replace, CancellationToken cancel)
    {
        var kept = rows.Select(row => (row.Space, row.Key)).ToHashSet();
        var writes = rows.Select(row => replace ? row : StoreWrite.Set(row.Space, row.Key, row.Value!, WriteCondition.MustNotExist)).ToList();
        await foreach (var entry in store.SnapshotAsync(cancel))
        {
            if (!replace)
                throw new StoreException("the store is not empty; restore into a new one, or replace everything in it with --force");
            if (!kept.Contains((entry.Space, entry.Key)))
                writes.Add(StoreWrite.Delete(entry.Space, entry.Key));
        }

        if (await store.WriteAsync(writes, cancel) != WriteResult.Written)
            throw new StoreException("somebody writes to the store; stop the servers on it, and try again");
    }
}
