using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy proposals [PROPOSAL]</c>: changes that wait for approval, and what became of others.</summary>
internal static class PolicyProposalsCommand
{
    public static Command Create()
    {
        var id = new Argument<string?>("proposal") { Description = "Print this one, with its text.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command(
            "proposals", "List changes of policies that wait for approval, or show one. Example: nacre policy proposals")
        {
            id,
        };
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            if (line.GetValue(id) is { } one)
                OutputFormat.WriteJson(await admin.GetProposalAsync(one, cancel));
            else
            {
                format.Write(
                    line, (await admin.ListProposalsAsync(cancel))["proposals"] as JsonArray ?? [],
                    "proposal", "state", "kind", "id", "digest", "note", "author", "expires", "approvals", "needed");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
