using System.CommandLine;
using Nacre.Cli.Serve;
using Nacre.Storage.Backup;

namespace Nacre.Cli.Backup;

/// <summary><c>nacre backup FILE</c>: while servers run on the store.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "Where to write; a file that is there is replaced at the end." };
        var command = new Command(
            "backup", "Write the store, as it is at one moment, to a file. Example: nacre backup nacre.backup --data /var/lib/nacre") { file };
        var store = StoreFlags.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var path = line.GetRequiredValue(file).FullName;
            var rows = await StoreRecord.RunAsync(
                line, store, StoreRecord.Read("nacre backup", path),
                (below, _, _) => BackupFile.WriteAsync(path, below.SnapshotAsync(cancel), cancel), rows => $"{rows} rows", cancel);
            await Console.Error.WriteLineAsync($"wrote {rows} rows to {path}; the master key is not in it, keep it elsewhere");
            return ExitCode.Done;
        });
        return command;
    }
}
