using System.Text;

namespace Nacre.Attestation.Policies;

/// <summary>The policies that a new server starts with, one for each class of TEE; they are the <c>.rego</c> files beside this one.</summary>
public static class DefaultPolicies
{
    public static IReadOnlyList<PolicyDocument> All { get; } =
        [Read("default_cpu"), Read("default_gpu"), Read("default_switch"), Read("default_ppcie"), Read("default_dcu")];

    private static PolicyDocument Read(string id)
    {
        using var stream = typeof(DefaultPolicies).Assembly.GetManifestResourceStream($"{id}.rego")
            ?? throw new InvalidOperationException($"{id}.rego is not in the assembly");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new PolicyDocument(id, reader.ReadToEnd());
    }
}
