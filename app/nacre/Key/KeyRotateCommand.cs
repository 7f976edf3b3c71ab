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
        command.SetAction((line, cancel) => RunAsync(line, store, async rotation =>
            $"values are written under data key {await rotation.RotateDataAsync(cancel)} from now on; nacre key rewrap rewrites the others",
            cancel));
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
        command.SetAction((line, cancel) => RunAsync(
            line, store,
            async rotation =>
            {
                await using var master = await MasterKeyFlags.OpenAsync(line.GetRequiredValue(to), cancel);
                await rotation.RotateMasterAsync(master, cancel);
                return $"the data keys are wrapped by {master.Id}; give it to servers with --master-key when they start. "
                    + "Backups made before need the former key";
            },
            cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        ParseResult line, StoreFlags store, Func<KeyRotation, Task<string>> rotate, CancellationToken cancel)
    {
        await using var opened = await store.OpenAsync(line, cancel);
        await using var masters = await store.RequireMasterKeysAsync(line, cancel);
        await Console.Error.WriteLineAsync(await rotate(new KeyRotation(opened.Values, masters.Keys, TimeProvider.System)));
        return ExitCode.Done;
    }
}
