using System.Text.Json.Nodes;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Nitro;

/// <summary>What <see cref="NitroVerifier"/> says.</summary>
internal static class NitroClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "The attestation document of a Nitro enclave.",
        Text("module_id", "The enclave."),
        Text("digest", "The hash of the registers."),
        Integer("timestamp", "When the document was made, in milliseconds since 1970."),
        Boolean("debug", "The parent instance reads the enclave's console."),
        Map("pcrs", "Registers by their number.", HexType("A register.")),
        Hex("public_key", "Of the enclave's choice; when it is there.").Optional(),
        Hex("user_data", "Of the enclave's choice; when it is there.").Optional(),
        Hex("nonce", "Of the enclave's choice; when it is there.").Optional(),
        Hex("report_data", "What was expected and found in user_data or nonce; when something was expected.").Optional());
}
