using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Attempts;

/// <summary><c>nacre attempts list</c>.</summary>
internal static class AttemptsListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List the recorded refusals, newest first.");
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var reply = await admin.ListAttemptsAsync(cancel);
            format.Write(line, reply["attempts"] as JsonArray ?? [], "id", "at", "kind", "tee", "guest", "resource", "reason");
            return ExitCode.Done;
        });
        return command;
    }
}
