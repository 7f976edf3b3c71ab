using Nacre.Evidence.Tpm;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Tpm.TpmClaims>;

namespace Nacre.Verifiers.Tpm;

/// <summary>The claims of a TPM: upstream's names, and what else the quote says.</summary>
internal static class TpmClaimList
{
    /// <summary>The registers of the bank SHA-256, <c>pcr00</c> to <c>pcr23</c>.</summary>
    public static IReadOnlyList<Claim<IReadOnlyList<byte[]>>> Registers { get; } =
    [
        .. Enumerable.Range(0, TpmEvidence.PcrCount).Select(index => Claim<IReadOnlyList<byte[]>>.Hex(
            $"pcr{index:00}", $"PCR {index} of the bank SHA-256.", TpmEvidence.PcrSize, pcrs => pcrs[index])),
    ];

    public static ClaimList<TpmClaims> All { get; } = new(
        "The quote of a TPM.",
        [
            Base64("ak_public", "SubjectPublicKeyInfo of the attestation key.", c => c.AkPublic),
            OneOf(
                "ak_trust", "Why the key is trusted.", [TpmKeyEndorsement.CredentialActivation, TpmKeyEndorsement.EnrolledKey],
                c => c.AkTrust),
            Hex("report_data", "extraData of the quote.", c => c.ReportData),
            Hex("init_data", "PCR 8.", TpmEvidence.PcrSize, c => c.InitData),
            Boolean("clock_safe", "The clock was not set back.", c => c.ClockSafe),
            Integer("reset_count", "How often the TPM was reset.", c => c.ResetCount),
            Integer("restart_count", "How often it was restarted or resumed since.", c => c.RestartCount),
            BigEndian("firmware_version", "Version of the TPM's firmware.", 8, c => c.FirmwareVersion),
            Hex(
                "ek_certificate_sha256", "Digest of the endorsement key's certificate; after activation.", 32,
                c => c.EkCertificateSha256).Optional(),
            .. Registers.Select(register => register.Of<TpmClaims>(c => c.Pcrs)),
        ]);
}
