using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference list</c>.</summary>
internal static class ReferenceListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List the reference values: those that count, that wait, that ended and that were revoked.");
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var values = (await admin.ListReferenceValuesAsync(cancel))["reference-values"] as JsonArray ?? [];
            format.Write(line, values, "name", "value", "state", "expiration");
            if (ReferenceExpiringCommand.Ending(values, ReferenceExpiringCommand.NoticeDays).Count is > 0 and var ending)
            {
                await Console.Error.WriteLineAsync(
                    $"nacre: {ending} of them end within {ReferenceExpiringCommand.NoticeDays} days or have ended; see nacre reference expiring");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
