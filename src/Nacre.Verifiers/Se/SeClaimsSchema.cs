using System.Text.Json.Nodes;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Se;

/// <summary>What <see cref="SeVerifier"/> says.</summary>
internal static class SeClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "The answer of a guest of IBM Secure Execution.",
        Hex("cuid", "Configuration unique id.", 16),
        Integer("version", "Version of the attestation request."),
        Hex("tag", "Tag of the image's header.", 16),
        Hex("page_list_digest", "Digest of the image's contents.", 64),
        Hex("address_list_digest", "Digest of the image's addresses.", 64),
        Hex("tweak_list_digest", "Digest of the image's tweaks.", 64),
        Hex("report_data", "The first 64 bytes of the user data; when there are as many.", 64).Optional(),
        Hex("image_phkh", "Hash of the host key that unpacked the image; when it was asked for.", 32).Optional(),
        Hex("attestation_phkh", "Hash of the host key that unpacked the request; when it was asked for.", 32).Optional(),
        Hex("secret_store_hash", "Hash of the secret store; when it was asked for.", 64).Optional(),
        Hex("firmware_state", "State of the firmware; when it was asked for.").Optional());
}
