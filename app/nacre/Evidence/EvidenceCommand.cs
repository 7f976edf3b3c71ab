using System.CommandLine;

namespace Nacre.Cli.Evidence;

/// <summary>
/// <c>nacre evidence show|verify|explain FILE</c> and <c>nacre evidence schema TEE</c>: look into evidence, and decide whether to believe it.
/// </summary>
internal static class EvidenceCommand
{
    public static Command Create() => new("evidence", "Look into evidence, and decide whether to believe it.")
    {
        EvidenceShowCommand.Create(),
        EvidenceVerifyCommand.Create(),
        EvidenceExplainCommand.Create(),
        EvidenceSchemaCommand.Create(),
    };
}
