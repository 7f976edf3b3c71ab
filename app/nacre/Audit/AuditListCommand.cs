using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Audit;

/// <summary><c>nacre audit list [--since TIME] [--reference ID]</c>.</summary>
internal static class AuditListCommand
{
    public static Command Create()
    {
        var since = new Option<string?>("--since") { Description = "Only from this time on, such as 2026-01-31T12:00:00Z." };
        var reference = new Option<string?>("--reference") { Description = "Only what has this id, as a refusal told it." };
        var command = new Command("list", "List what a server recorded, the newest last. Example: nacre audit list --since 2026-01-31")
        {
            since, reference,
        };
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var reply = await admin.ListAuditAsync(line.GetValue(since), line.GetValue(reference), cancel);
            format.Write(
                line, reply["lines"] as JsonArray ?? [],
                "at", "action", "outcome", "who", "from", "route", "object", "status", "reference", "reason");
            return ExitCode.Done;
        });
        return command;
    }
}
