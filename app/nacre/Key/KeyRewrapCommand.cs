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

            var progress = Console.IsErrorRedirected ? null : new Progress<long>(count => Console.Error.Write($"\r{count} values"));
            var result = await StoreRecord.RunAsync(
                line, store, StoreRecord.Change("nacre key rewrap"),
                (_, values, _) => new KeyRewrap(values, TimeProvider.System).RunAsync(line.GetValue(rate), progress, cancel),
                result => $"{result.Rewritten} values, dropped {result.Dropped} data keys", cancel);
            if (progress is not null)
                await Console.Error.WriteLineAsync();
            await Console.Error.WriteLineAsync($"rewrote {result.Rewritten} values, dropped {result.Dropped} data keys");
            return ExitCode.Done;
        });
        return command;
    }
}
