using System.CommandLine;

namespace Nacre.Cli.Policy;

/// <summary><c>nacre policy</c>: the policies of the server, and the policy language on its own.</summary>
internal static class PolicyCommand
{
    public static Command Create() => new("policy", "Set and read the policies of the server.")
    {
        PolicySetCommand.Create(),
        PolicyGetCommand.Create(),
        PolicyListCommand.Create(),
    };
}
