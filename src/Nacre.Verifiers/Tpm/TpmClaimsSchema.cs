using System.Text.Json.Nodes;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Tpm;

/// <summary>What <see cref="TpmVerifier"/> says.</summary>
internal static class TpmClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "The quote of a TPM.",
        [
            Base64("ak_public", "SubjectPublicKeyInfo of the attestation key."),
            OneOf("ak_trust", "Why the key is trusted.", TpmKeyEndorsement.CredentialActivation, TpmKeyEndorsement.EnrolledKey),
            Hex("ek_certificate_sha256", "Digest of the endorsement key's certificate; after activation.", 32).Optional(),
            Hex("report_data", "extraData of the quote."),
            Hex("init_data", "PCR 8.", TpmEvidence.PcrSize),
            Boolean("clock_safe", "The clock was not set back."),
            Integer("reset_count", "How often the TPM was reset."),
            Integer("restart_count", "How often it was restarted or resumed since."),
            Hex("firmware_version", "Version of the TPM's firmware.", 8),
            .. Registers(),
        ]);

    /// <summary>The registers of the bank SHA-256, <c>pcr00</c> to <c>pcr23</c>.</summary>
    public static IEnumerable<ClaimSchema> Registers() => Enumerable.Range(0, TpmEvidence.PcrCount)
        .Select(index => Hex($"pcr{index:00}", $"PCR {index} of the bank SHA-256.", TpmEvidence.PcrSize));
}
