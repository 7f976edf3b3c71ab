using System.CommandLine;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy get resource|attestation [--id ID]</c>: the text that is in force.</summary>
internal static class PolicyGetCommand
{
    public static Command Create()
    {
        var kind = PolicyText.Kind();
        var id = PolicyText.Id();
        var command = new Command("get", "Print a policy of the server.") { kind, id };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var which = line.GetRequiredValue(kind);
            using var admin = server.ConnectAdmin(line);
            var policy = await admin.GetPolicyAsync(which, line.GetValue(id) ?? PolicyText.DefaultId(which), cancel);
            await Console.Out.WriteAsync((string?)policy["policy"]);
            return ExitCode.Done;
        });
        return command;
    }
}
