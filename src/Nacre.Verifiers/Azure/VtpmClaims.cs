using Nacre.Evidence.Azure;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers.Schemas;
using Nacre.Verifiers.Tpm;

namespace Nacre.Verifiers.Azure;

/// <summary>What the vTPM of an Azure confidential VM says (evidence.md 8.3).</summary>
public sealed record VtpmClaims
{
    /// <summary>The 24 registers of the bank SHA-256, 32 bytes each, by their number.</summary>
    public required IReadOnlyList<byte[]> Pcrs { get; init; }

    /// <summary>extraData of the quote.</summary>
    public required byte[] ReportData { get; init; }

    /// <summary>PCR 8, 32 bytes.</summary>
    public required byte[] InitData { get; init; }

    internal static Claim<VtpmClaims> Tpm { get; } = Claim<VtpmClaims>.Object(
        "tpm", "Registers of the vTPM, which measure the guest.", TpmClaimList.Registers, c => c.Pcrs);

    internal static Claim<VtpmClaims> ReportDataClaim { get; } =
        Claim<VtpmClaims>.Hex("report_data", "extraData of the vTPM's quote.", c => c.ReportData);

    internal static Claim<VtpmClaims> InitDataClaim { get; } =
        Claim<VtpmClaims>.Hex("init_data", "PCR 8 of the vTPM.", 32, c => c.InitData);

    internal static VtpmClaims Create(AzureVtpmEvidence evidence, TpmAttest attest) => new()
    {
        Pcrs = evidence.Pcrs,
        ReportData = attest.ExtraData.ToArray(),
        InitData = evidence.Pcrs[AzureVtpmChecks.InitDataPcr],
    };
}
