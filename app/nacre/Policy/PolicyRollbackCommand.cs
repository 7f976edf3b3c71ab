using System.CommandLine;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy rollback ID --to N</c>: an earlier text becomes the newest version.</summary>
internal static class PolicyRollbackCommand
{
    public static Command Create()
    {
        var id = PolicyText.PolicyId();
        var to = new Option<int>("--to") { Description = "Number of the version, as history lists them.", Required = true };
        var command = new Command(
            "rollback", "Put an earlier version of a policy in force again. Example: nacre policy rollback default_cpu --to 3")
        {
            id, to,
        };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var policy = line.GetRequiredValue(id);
            var change = await admin.RollBackPolicyAsync(PolicyText.KindOf(policy), policy, line.GetRequiredValue(to), cancel);
            await PolicyText.TellAsync(change);
            return ExitCode.Done;
        });
        return command;
    }
}
