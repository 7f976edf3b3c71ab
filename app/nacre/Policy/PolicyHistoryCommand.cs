using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy history ID</c>.</summary>
internal static class PolicyHistoryCommand
{
    public static Command Create()
    {
        var id = PolicyText.PolicyId();
        var command = new Command(
            "history", "List the versions of a policy, the newest last. Example: nacre policy history default_cpu") { id };
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var policy = line.GetRequiredValue(id);
            var reply = await admin.GetPolicyHistoryAsync(PolicyText.KindOf(policy), policy, cancel);
            format.Write(line, reply["versions"] as JsonArray ?? [], "version", "at", "author", "digest", "note");
            return ExitCode.Done;
        });
        return command;
    }
}
