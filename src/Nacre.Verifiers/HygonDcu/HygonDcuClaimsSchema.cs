using System.Text.Json.Nodes;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.HygonDcu;

/// <summary>What <see cref="HygonDcuVerifier"/> says of each device.</summary>
internal static class HygonDcuClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "The report of a Hygon accelerator.",
        Object(
            "body", "The report.",
            Integer("version", "Of the report."),
            Hex("chip_id", "The chip.", 16),
            Hex("user_data", "What the guest committed to, padded.", 64),
            Hex("measure", "The measurement.", 32),
            Hex("reserved", "Bytes that mean nothing.", 128),
            Text("sig_usage", "Use of the signing key, hexadecimal."),
            Text("sig_algo", "Algorithm of the signature, hexadecimal.")),
        Hex("report_data", "What the guest committed to, padded.", 64));
}
