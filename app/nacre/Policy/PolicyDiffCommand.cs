using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy diff ID [--from N] [--to M]</c>: what a change changed, line by line.</summary>
internal static class PolicyDiffCommand
{
    public static Command Create()
    {
        var id = PolicyText.PolicyId();
        var from = new Option<int?>("--from") { Description = "Number of a version (the one before --to)." };
        var to = new Option<int?>("--to") { Description = "Number of a version (the newest)." };
        var command = new Command("diff", "Show how two versions of a policy differ. Example: nacre policy diff default_cpu --from 1")
        {
            id, from, to,
        };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var policy = line.GetRequiredValue(id);
            var kind = PolicyText.KindOf(policy);
            var versions = (await admin.GetPolicyHistoryAsync(kind, policy, cancel))["versions"] as JsonArray ?? [];
            var newer = line.GetValue(to) ?? (int)versions[^1]!["version"]!;
            var older = line.GetValue(from) ?? newer - 1;
            var before = older == 0 ? "" : (string?)(await admin.GetPolicyVersionAsync(kind, policy, older, cancel))["policy"] ?? "";
            var after = (string?)(await admin.GetPolicyVersionAsync(kind, policy, newer, cancel))["policy"] ?? "";
            foreach (var text in LineDifference.Of(before, after))
                await Console.Out.WriteLineAsync(text);
            return ExitCode.Done;
        });
        return command;
    }
}
