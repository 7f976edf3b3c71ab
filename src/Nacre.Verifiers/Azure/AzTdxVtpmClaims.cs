using System.Text.Json.Nodes;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers.Schemas;
using Nacre.Verifiers.Tdx;

namespace Nacre.Verifiers.Azure;

/// <summary>The claims of an Azure confidential VM on TDX (evidence.md 8.3).</summary>
public sealed record AzTdxVtpmClaims : IEvidenceClaims
{
    /// <summary>The TD, whose report data is the digest of the HCL's runtime data; there is no event log.</summary>
    public required TdxClaims Tdx { get; init; }

    /// <summary>The vTPM, which measures the guest and binds its report data and init data.</summary>
    public required VtpmClaims Vtpm { get; init; }

    internal static ClaimList<AzTdxVtpmClaims> All { get; } = new(
        "An Azure confidential VM on TDX.",
        [
            .. TdxClaimList.Quote.Select(claim => claim.Of<AzTdxVtpmClaims>(c => c.Tdx)),
            VtpmClaims.ReportDataClaim.Of<AzTdxVtpmClaims>(c => c.Vtpm),
            VtpmClaims.InitDataClaim.Of<AzTdxVtpmClaims>(c => c.Vtpm),
            .. TdxClaimList.Platform.Select(claim => claim.Of<AzTdxVtpmClaims>(c => c.Tdx)),
            VtpmClaims.Tpm.Of<AzTdxVtpmClaims>(c => c.Vtpm),
        ]);

    public JsonObject ToJson() => All.ToJson(this);

    internal static AzTdxVtpmClaims Create(TdxClaims tdx, AzureVtpmEvidence evidence, TpmAttest attest) =>
        new() { Tdx = tdx, Vtpm = VtpmClaims.Create(evidence, attest) };
}
