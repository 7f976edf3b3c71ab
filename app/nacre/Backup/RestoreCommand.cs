using System.CommandLine;
using Nacre.Cli.Serve;
using Nacre.KeyBroker.Audit;
using Nacre.Storage;
using Nacre.Storage.Backup;
using Nacre.Storage.Encryption;
using Nacre.Storage.Memory;

namespace Nacre.Cli.Backup;

/// <summary><c>nacre restore FILE</c>: into any kind of store.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "A file that nacre backup wrote." };
        var force = new Option<bool>("--force") { Description = "Replace everything in a store that is not empty." };
        var command = new Command(
            "restore",
            "Put a backup into an empty store. The master key of the backup must be in DIR. "
            + "Example: nacre restore nacre.backup --data /var/lib/nacre")
        {
            file, force,
        };
        var store = StoreFlags.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var path = line.GetRequiredValue(file).FullName;
            var rows = await BackupFile.ReadAsync(path, cancel);
            await using var masters = await store.RequireMasterKeysAsync(line, cancel);
            await EncryptedStore.RequireKeyAsync(rows, masters.Keys, cancel);
            await using var opened = await store.OpenAsync(line, cancel);
            await RestoreAsync(
                rows, opened.Values, masters, line.GetValue(force), StoreRecord.Change("nacre restore", path), store.Read(line).Directory, cancel);
            await Console.Error.WriteLineAsync($"restored {rows.Count} rows");
            return ExitCode.Done;
        });
        return command;
    }

    // The store that is to be knows the record: its beginning goes in with the rows, its end is told to the store afterwards.
    private static async Task RestoreAsync(
        IReadOnlyList<StoreWrite> rows, IKeyValueStore store, MasterKeySet masters, bool replaces, RecordedCommand what, string directory,
        CancellationToken cancel)
    {
        await using var copy = new MemoryStore();
        await copy.WriteAsync(rows, cancel);
        await using var values = await EncryptedStore.OpenAsync(new BorrowedStore(copy), masters.Keys, TimeProvider.System, cancel);
        using var logs = ServerRun.CreateLogs();
        await using var record = await CommandRecord.OpenAsync(values, directory, TimeProvider.System, logs, cancel);
        try
        {
            await record.RunAsync(
                what,
                async () =>
                {
                    var known = new List<StoreWrite>();
                    await foreach (var row in copy.SnapshotAsync(cancel))
                        known.Add(StoreWrite.Set(row.Space, row.Key, row.Value));
                    await BackupRestore.RunAsync(known, store, replaces, cancel);
                    return rows.Count;
                },
                count => $"{count} rows", cancel);
        }
        catch (StoreException)
        {
            await TellAsync(record, store, masters);
            throw;
        }

        await using var restored = await EncryptedStore.OpenAsync(new BorrowedStore(store), masters.Keys, TimeProvider.System, cancel);
        await record.EndInAsync(restored);
    }

    // A store that was there, and stays, knows of the attempt, if it can be opened.
    private static async Task TellAsync(CommandRecord record, IKeyValueStore store, MasterKeySet masters)
    {
        try
        {
            await EncryptedStore.RequireKeyAsync(store, masters.Keys, CancellationToken.None);
        }
        catch (StoreException)
        {
            return;
        }

        await using var kept = await EncryptedStore.OpenAsync(new BorrowedStore(store), masters.Keys, TimeProvider.System, CancellationToken.None);
        await record.EndInAsync(kept);
    }
}
