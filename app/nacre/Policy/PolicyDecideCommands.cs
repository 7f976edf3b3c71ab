using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Client;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy approve|reject PROPOSAL</c>.</summary>
internal static class PolicyDecideCommands
{
    public static Command CreateApprove() => Create(
        "approve", "Approve a change that another proposed. Look at it first: nacre policy proposals PROPOSAL.",
        (admin, id, cancel) => admin.ApproveProposalAsync(id, cancel));

    public static Command CreateReject() => Create(
        "reject", "End a proposal, another's or your own.", (admin, id, cancel) => admin.RejectProposalAsync(id, cancel));

    private static Command Create(
        string name, string description, Func<KbsAdminClient, string, CancellationToken, Task<JsonObject>> decide)
    {
        var id = new Argument<string>("proposal") { Description = "As nacre policy proposals lists it." };
        var command = new Command(name, description) { id };
        var server = ServerOptions.AddAdminTo(command);
        command.SetAction(async (line, cancel) =>
        {
            using var admin = server.ConnectAdmin(line);
            await PolicyText.TellAsync(await decide(admin, line.GetRequiredValue(id), cancel));
            return ExitCode.Done;
        });
        return command;
    }
}
