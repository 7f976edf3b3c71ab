using System.CommandLine;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy set resource|attestation FILE [--id ID]</c>.</summary>
internal static class PolicySetCommand
{
    public static Command Create()
    {
        var kind = PolicyText.Kind();
        var file = new Argument<FileInfo>("file") { Description = "Rego text; the server refuses one that does not compile." };
        var id = PolicyText.Id();
        var command = new Command("set", "Set a policy of the server. Example: nacre policy set resource affirming.rego") { kind, file, id };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var text = await File.ReadAllTextAsync(line.GetRequiredValue(file).FullName, cancel);
            using var admin = server.ConnectAdmin(line);
            var which = line.GetRequiredValue(kind);
            await PolicyText.TellAsync(await admin.SetPolicyAsync(which, line.GetValue(id) ?? PolicyText.DefaultId(which), text, cancel));
            return ExitCode.Done;
        });
        return command;
    }
}
