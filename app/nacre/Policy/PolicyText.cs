using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.KeyBroker.Resources;

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

    public static Option<string?> Id() => new("--id")
    {
        Description = "Of an attestation policy with its class: default_cpu (the default), default_gpu, …; of a resource policy "
            + "resource-policy (the default, for all paths) or the path it is for, such as resource/default.",
    };

    public static Argument<string> PolicyId() => new("id")
    {
        Description = "Attestation: default_cpu, default_gpu, …; resource: resource-policy, or the path it is for, such as resource/default.",
    };

    public static string DefaultId(PolicyKind kind) => kind == PolicyKind.Attestation ? "default_cpu" : ReleasePolicy.Id;

    public static PolicyKind KindOf(string id) =>
        id == ReleasePolicy.Id || id.Contains('/', StringComparison.Ordinal) ? PolicyKind.Resource : PolicyKind.Attestation;

    /// <summary>Version and warnings of a change, or where a proposal stands, on stderr.</summary>
    public static async Task TellAsync(JsonObject change)
    {
        if (change["proposal"] is { } proposal)
        {
            var approvals = $"{(change["approvals"] as JsonArray)?.Count} of {change["needed"]} approvals";
            await Console.Error.WriteLineAsync($"proposal {proposal} for {change["id"]} is {change["state"]}, {approvals}");
        }

        if (change["version"] is { } version)
            await Console.Error.WriteLineAsync($"{change["id"]} version {version} is in force");
        foreach (var warning in change["warnings"] as JsonArray ?? [])
            await Console.Error.WriteLineAsync($"nacre: warning: {warning}");
    }

    private static PolicyKind Refuse(System.CommandLine.Parsing.ArgumentResult result)
    {
        result.AddError($"'{result.Tokens[0].Value}' is neither resource nor attestation");
        return default;
    }
}
