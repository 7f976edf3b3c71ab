using System.CommandLine;
using Nacre.Cli.Serve;
using Nacre.Storage.Backup;
using Nacre.Storage.Encryption;

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
            var rows = await BackupFile.ReadAsync(line.GetRequiredValue(file).FullName, cancel);
            await using (var masters = await store.RequireMasterKeysAsync(line, cancel))
                await EncryptedStore.RequireKeyAsync(rows, masters.Keys, cancel);
            await using var opened = await store.OpenAsync(line, cancel);
            await BackupRestore.RunAsync(rows, opened.Values, line.GetValue(force), cancel);
            await Console.Error.WriteLineAsync($"restored {rows.Count} rows");
            return ExitCode.Done;
        });
        return command;
    }
}
