using System.CommandLine;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy delete ID</c>: for a resource policy of a path, what is above decides then.</summary>
internal static class PolicyDeleteCommand
{
    public static Command Create()
    {
        var id = PolicyText.PolicyId();
        var command = new Command("delete", "Delete a policy; its versions are kept. Example: nacre policy delete resource/default") { id };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            var policy = line.GetRequiredValue(id);
            if (await admin.DeletePolicyAsync(PolicyText.KindOf(policy), policy, cancel) is { } proposal)
                await PolicyText.TellAsync(proposal);
            return ExitCode.Done;
        });
        return command;
    }
}
