using System.CommandLine;
using Nacre.Cli.Serve;
using Nacre.Storage.Encryption;

namespace Nacre.Cli.Key;

/// <summary><c>nacre key rotate-data</c> and <c>nacre key rotate-master --to KEY</c>.</summary>
internal static class KeyRotateCommand
{
    public static Command CreateData()
    {
        var command = new Command(
            "rotate-data",
            "Write under a new data key from now on; nacre key rewrap then rewrites the rest. "
            + "Example: nacre key rotate-data --data /var/lib/nacre");
        var store = StoreFlags.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var key = await StoreRecord.RunAsync(
                line, store, StoreRecord.Change("nacre key rotate-data"),
                async (below, _, masters) => await new KeyRotation(below, masters.Keys, TimeProvider.System).RotateDataAsync(cancel),
                key => $"data key {key}", cancel);
            await Console.Error.WriteLineAsync($"values are written under data key {key} from now on; nacre key rewrap rewrites the others");
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateMaster()
    {
        var to = new Option<string>("--to") { Description = "The new master key, in the forms of --master-key.", Required = true };
        var command = new Command(
            "rotate-master",
            "Wrap the data keys by another master key. Servers that run go on; start them with the new one the next time. "
            + "Example: nacre key rotate-master --data /var/lib/nacre --to tpm:/dev/tpmrm0")
        {
            to,
        };
        var store = StoreFlags.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            await using var master = await MasterKeyFlags.OpenAsync(line.GetRequiredValue(to), cancel);
            await StoreRecord.RunAsync(
                line, store, StoreRecord.Change("nacre key rotate-master", master.Id),
                async (below, _, masters) =>
                {
                    await new KeyRotation(below, masters.Keys, TimeProvider.System).RotateMasterAsync(master, cancel);
                    return master.Id;
                },
                id => $"master key {id}", cancel);
            await Console.Error.WriteLineAsync(
                $"the data keys are wrapped by {master.Id}; give it to servers with --master-key when they start. "
                + "Backups made before need the former key");
            return ExitCode.Done;
        });
        return command;
    }
}
