using System.CommandLine;
using Nacre.Cli.Serve;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Import;
using Nacre.Storage.Upstream;

namespace Nacre.Cli.Import;

/// <summary><c>nacre import</c>: what Trustee keeps in a directory, into the store of a server.</summary>
internal static class ImportCommand
{
    private const int MaxTold = 50;

    public static Command Create()
    {
        var directory = new Argument<DirectoryInfo>("directory") { Description = "Trustee's: dir_path of local_fs, or file_dir_path of local_json." };
        var form = new Option<string>("--from") { Description = "How it is written.", Required = true };
        form.AcceptOnlyFromAmong([.. UpstreamDirectories.Forms]);
        var check = new Option<bool>("--check") { Description = "Look at everything, write nothing." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace values of the same name; without it they are kept." };
        var command = new Command(
            "import",
            "Take over the secrets, policies and reference values of a Trustee. "
            + "Example: nacre import --from local-fs /opt/confidential-containers/kbs --data /var/lib/nacre")
        {
            directory, form, check, overwrite,
        };
        var store = StoreFlags.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var place = store.Read(line);
            var options = new TrustServerOptions
            {
                DataDirectory = place.Directory,
                Store = place.Address,
                StorePassword = place.Password,
                OpenMasterKeys = stop => store.OpenMasterKeysAsync(line, stop),
                Url = new Uri("https://localhost"),
            };
            var values = UpstreamDirectories.Read(line.GetRequiredValue(form), line.GetRequiredValue(directory).FullName);
            if (values.Count == 0)
                throw new CommandException(
                    $"'{line.GetValue(directory)}' holds no values", "name the directory that has repository, kbs and others in it");

            using var logs = ServerRun.CreateLogs();
            return await RunAsync(
                options with { Logs = logs }, values, line.GetValue(overwrite), line.GetValue(check),
                StoreRecord.Change("nacre import", line.GetRequiredValue(directory).FullName), cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        TrustServerOptions options, IReadOnlyList<UpstreamValue> values, bool overwrites, bool onlyChecks, RecordedCommand record,
        CancellationToken cancel)
    {
        try
        {
            var report = await StoreImport.RunAsync(options, values, overwrites, onlyChecks, record, cancel);
            foreach (var note in report.Notes)
                await Console.Error.WriteLineAsync($"nacre: {note}");
            foreach (var count in report.Counts)
                await Console.Out.WriteLineAsync(count.ToString());
            await Console.Error.WriteLineAsync(onlyChecks
                ? "nacre: nothing was written" : "nacre: the values in the directory stay there in clear; remove them when all is well");
            return ExitCode.Done;
        }
        catch (ImportException e)
        {
            var told = string.Join("\nnacre: error: ", e.Problems.Take(MaxTold));
            var more = e.Problems.Count > MaxTold ? $"\nnacre: error: and {e.Problems.Count - MaxTold} more" : "";
            throw new CommandException(told + more, "nothing was imported; mend or remove these and try again");
        }
    }
}
