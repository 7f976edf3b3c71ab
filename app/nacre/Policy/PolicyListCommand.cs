using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy list</c>.</summary>
internal static class PolicyListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List the policies of the server.");
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var reply = await admin.ListPoliciesAsync(cancel);
            format.Write(line, reply["policies"] as JsonArray ?? [], "kind", "id", "digest");
            return ExitCode.Done;
        });
        return command;
    }
}
