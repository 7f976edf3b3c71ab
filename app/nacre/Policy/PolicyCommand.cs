using System.CommandLine;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy …</c>: policies in files, without a server.</summary>
internal static class PolicyCommand
{
    public static Command Create()
    {
        var command = new Command("policy", "Evaluate, check, test and explain Rego policies.")
        {
            PolicyEvalCommand.Create(),
            PolicyCheckCommand.Create(),
            PolicyTestCommand.Create(),
            PolicyExplainCommand.Create(),
        };
        return command;
    }
}
