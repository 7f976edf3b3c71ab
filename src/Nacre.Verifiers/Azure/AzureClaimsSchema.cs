using System.Text.Json.Nodes;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Schemas;
using Nacre.Verifiers.Snp;
using Nacre.Verifiers.Tdx;
using Nacre.Verifiers.Tpm;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Azure;

/// <summary>What the verifiers of Azure confidential VMs say: claims of the processor, and the registers of the vTPM.</summary>
internal static class AzureClaimsSchema
{
    public static JsonObject CreateTdx() => ObjectType(
        "An Azure confidential VM on TDX.",
        [
            .. TdxClaimsSchema.Quote().Where(claim => !IsBinding(claim.Name)),
            .. DcapClaimsSchema.Create(),
            .. DcapClaimsSchema.CreateCurrent(),
            .. Machine(),
        ]);

    /// <summary>The claims of SEV-SNP that have one value, each as text; the measurement in base64 (evidence.md 8.3).</summary>
    public static JsonObject CreateSnp()
    {
        var snp = SnpClaimsSchema.Create();
        var required = snp["required"]!.AsArray().Select(name => name!.GetValue<string>()).ToHashSet();
        return ObjectType(
            "An Azure confidential VM on SEV-SNP. All values of the processor's report are text.",
            [
                .. snp["properties"]!.AsObject()
                    .Where(claim => claim.Key != "chip_id" && !IsBinding(claim.Key))
                    .Where(claim => claim.Value!["type"]!.GetValue<string>() != "object")
                    .Select(claim => required.Contains(claim.Key) ? AsText(claim.Key, claim.Value!) : AsText(claim.Key, claim.Value!).Optional()),
                .. Machine(),
            ]);
    }

    private static ClaimSchema AsText(string name, JsonNode type)
    {
        var description = type["description"]!.GetValue<string>();
        return name == "measurement" ? Base64(name, description) : type["type"]!.GetValue<string>() switch
        {
            "boolean" => OneOf(name, description, "false", "true"),
            "integer" => Text(name, $"{description} In decimal digits."),
            _ => new(name, (JsonObject)type.DeepClone()),
        };
    }

    private static IEnumerable<ClaimSchema> Machine() =>
    [
        Object("tpm", "Registers of the vTPM, which measure the guest.", TpmClaimsSchema.Registers()),
        Hex("report_data", "extraData of the vTPM's quote."),
        Hex("init_data", "PCR 8 of the vTPM.", 32),
    ];

    private static bool IsBinding(string name) => name is "report_data" or "init_data";
}
