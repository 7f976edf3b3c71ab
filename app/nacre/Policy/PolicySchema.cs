using Nacre.Cli.Evidence;
using Nacre.Rego;

namespace Nacre.Cli.Policy;

/// <summary>The schema that references of a policy are held against: a file, or one of this program's own.</summary>
internal static class PolicySchema
{
    private const string TeePrefix = "tee:";

    public const string Description =
        "What the input can have: tee:NAME or tee:all for attestation policies, token for resource policies, or a file with a JSON schema. "
        + "References to anything else are warned of.";

    /// <summary>Null when none is asked for.</summary>
    public static RegoValue? Read(string? asked)
    {
        if (asked is null)
            return null;

        if (asked.StartsWith(TeePrefix, StringComparison.Ordinal))
            return RegoValue.Parse(EvidenceSchemaCommand.Input(asked[TeePrefix.Length..]).ToJsonString());

        return asked == EvidenceSchemaCommand.Token
            ? RegoValue.Parse(EvidenceSchemaCommand.Input(asked).ToJsonString()) : PolicyFiles.ReadInput(asked);
    }
}
