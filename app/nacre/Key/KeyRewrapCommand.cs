using System.CommandLine;
using Nacre.Cli.Serve;
using Nacre.Storage.Encryption;

namespace Nacre.Cli.Key;

/// <summary><c>nacre key rewrap</c>: puts old values under the newest data key and drops the old ones; may be stopped and run again.</summary>
internal static class KeyRewrapCommand
{
    private const int DefaultRate = 500;

    public static Command Create()
    {
        var rate = new Option<int>("--rate")
        {
            Description = "Values per second, 0 for as fast as it goes.",
            DefaultValueFactory = _ => DefaultRate,
        };
        var command = new Command(
            "rewrap", "Rewrite what is under old data keys under the newest, then drop the old ones. "
            + "Example: nacre key rewrap --data /var/lib/nacre")
        {
            rate,
        };
        var store = StoreFlags.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            if (line.GetValue(rate) < 0)
                throw new CommandException("--rate must be 0 or more values per second");

            var opened = await store.OpenAsync(line, cancel);
            await using var replays = opened.Replays;
            await using var masters = await store.RequireMasterKeysAsync(line, cancel);
            await using var values = await EncryptedStore.OpenAsync(opened.Values, masters.Keys, TimeProvider.System, cancel);
            var progress = Console.IsErrorRedirected ? null : new Progress<long>(count => Console.Error.Write($"\r{count} values"));
            var result = await new KeyRewrap(values, TimeProvider.System).RunAsync(line.GetValue(rate), progress, cancel);
            if (progress is not null)
                await Console.Error.WriteLineAsync();
            await Console.Error.WriteLineAsync($"rewrote {result.Rewritten} values, dropped {result.Dropped} data keys");
            return ExitCode.Done;
        });
        return command;
    }
}
