using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy dry-run ID FILE</c>: what a policy would have decided otherwise.</summary>
internal static class PolicyDryRunCommand
{
    public static Command Create()
    {
        var id = PolicyText.PolicyId();
        var file = new Argument<FileInfo>("file") { Description = "Rego text that is not in force." };
        var command = new Command(
            "dry-run",
            "Try a policy on what the server recorded, and show which decisions would change. "
            + "Example: nacre policy dry-run default_cpu new.rego")
        {
            id, file,
        };
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var policy = line.GetRequiredValue(id);
            var text = await File.ReadAllTextAsync(line.GetRequiredValue(file).FullName, cancel);
            using var admin = server.ConnectAdmin(line);
            var report = await admin.DryRunPolicyAsync(PolicyText.KindOf(policy), policy, text, cancel);
            await Console.Error.WriteLineAsync($"{report["changes"]} of {report["evaluated"]} recorded decisions would change");
            format.Write(line, report["changed"] as JsonArray ?? [], "at", "appraisal", "subject", "before", "after");
            return ExitCode.Done;
        });
        return command;
    }
}
