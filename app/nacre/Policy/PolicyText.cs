using System.CommandLine;
using Nacre.Client;

namespace Nacre.Cli.Policy;

/// <summary>The arguments that name a policy of the server.</summary>
internal static class PolicyText
{
    public static Argument<PolicyKind> Kind() => new("kind")
    {
        Description = "resource (may it be released?) or attestation (what is the evidence worth?).",
        CustomParser = result => Enum.TryParse<PolicyKind>(result.Tokens[0].Value, ignoreCase: true, out var kind) && !char.IsDigit(result.Tokens[0].Value[0])
            ? kind : Refuse(result),
    };

    public static Option<string?> Id() => new("--id") { Description = "Of an attestation policy, with its class: default_cpu (the default), default_gpu, …" };

    private static PolicyKind Refuse(System.CommandLine.Parsing.ArgumentResult result)
    {
        result.AddError($"'{result.Tokens[0].Value}' is neither resource nor attestation");
        return default;
    }
}
