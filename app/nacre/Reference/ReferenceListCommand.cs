using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Reference;

/// <summary><c>nacre reference list</c>.</summary>
internal static class ReferenceListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List the reference values.");
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var reply = await admin.ListReferenceValuesAsync(cancel);
            format.Write(line, reply["reference-values"] as JsonArray ?? [], "name", "value", "expiration");
            return ExitCode.Done;
        });
        return command;
    }
}
