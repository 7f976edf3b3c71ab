using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers.Schemas;
using Nacre.Verifiers.Snp;
using static Nacre.Verifiers.Schemas.Claim<Nacre.Verifiers.Azure.AzSnpVtpmClaims>;

namespace Nacre.Verifiers.Azure;

/// <summary>The claims of an Azure confidential VM on SEV-SNP (evidence.md 8.3).</summary>
public sealed record AzSnpVtpmClaims : IEvidenceClaims
{
    /// <summary>The processor's report; its report data is the digest of the runtime data. JSON leaves out the chip and what nests.</summary>
    public required SnpClaims Snp { get; init; }

    /// <summary>The vTPM, which measures the guest and binds its report data and init data.</summary>
    public required VtpmClaims Vtpm { get; init; }

    internal static ClaimList<AzSnpVtpmClaims> All { get; } = new(
        "An Azure confidential VM on SEV-SNP. All values of the processor's report are text.",
        [
            .. SnpClaimList.All.Claims.Where(claim => claim.Name != "chip_id" && TypeOf(claim.Schema()) != "object").Select(OfSnp),
            VtpmClaims.Tpm.Of<AzSnpVtpmClaims>(c => c.Vtpm),
        ]);

    public JsonObject ToJson() => All.ToJson(this);

    internal static AzSnpVtpmClaims Create(SnpClaims snp, AzureVtpmEvidence evidence, TpmAttest attest) =>
        new() { Snp = snp, Vtpm = VtpmClaims.Create(evidence, attest) };

    // Upstream's claims of this TEE are text throughout, and bytes are base64 (evidence.md 8.3).
    private static Claim<AzSnpVtpmClaims> OfSnp(Claim<SnpClaims> claim) => claim.Name switch
    {
        "report_data" => VtpmClaims.ReportDataClaim.Of<AzSnpVtpmClaims>(c => c.Vtpm),
        "init_data" => VtpmClaims.InitDataClaim.Of<AzSnpVtpmClaims>(c => c.Vtpm),
        "measurement" => Base64(claim.Name, Description(claim.Schema()), c => c.Snp.Measurement),
        _ => claim.Of<AzSnpVtpmClaims>(c => c.Snp).As(schema => AsText(claim.Name, schema), AsText),
    };

    private static ClaimSchema AsText(string name, ClaimSchema schema) => TypeOf(schema) switch
    {
        "boolean" => ClaimSchema.OneOf(name, Description(schema), "false", "true"),
        "integer" => ClaimSchema.Text(name, $"{Description(schema)} In decimal digits."),
        _ => schema,
    };

    private static JsonNode AsText(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.ToString(),
    };

    private static string TypeOf(ClaimSchema schema) => schema.Type["type"]!.GetValue<string>();

    private static string Description(ClaimSchema schema) => schema.Type["description"]!.GetValue<string>();
}
