using System.CommandLine;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy</c>: the policies of the server, and the policy language on its own.</summary>
internal static class PolicyCommand
{
    public static Command Create() => new("policy", "Evaluate, check, test and explain Rego policies; set and read those of the server.")
    {
        PolicyEvalCommand.Create(),
        PolicyCheckCommand.Create(),
        PolicyTestCommand.Create(),
        PolicyExplainCommand.Create(),
        PolicySetCommand.Create(),
        PolicyGetCommand.Create(),
        ListVerb.Create("List the policies of the server.", (admin, cancel) => admin.ListPoliciesAsync(cancel), "policies", "kind", "id", "digest"),
        PolicyHistoryCommand.Create(),
        PolicyDiffCommand.Create(),
        PolicyRollbackCommand.Create(),
        PolicyDeleteCommand.Create(),
        PolicyDryRunCommand.Create(),
        PolicyProposalsCommand.Create(),
        PolicyDecideCommands.CreateApprove(),
        PolicyDecideCommands.CreateReject(),
    };
}
