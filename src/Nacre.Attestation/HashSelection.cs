using Nacre.Evidence;
using Nacre.Evidence.Protocol;

namespace Nacre.Attestation;

/// <summary>Which hash commits the evidence of a TEE to the runtime data (trust.md 1.7).</summary>
internal static class HashSelection
{
    /// <summary>
    /// As our Attestation Service and upstream's expect it. A TPM commits to 32 bytes; a longer digest would have to be cut. Others keep the
    /// default of the protocol.
    /// </summary>
    public static string ForUpstream(string tee, IReadOnlyList<string>? supported) =>
        tee == TeeNames.Tpm && supported?.Contains(HashNames.Sha256) == true ? HashNames.Sha256 : HashNames.Sha384;
}
