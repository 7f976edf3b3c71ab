using System.Text.Json.Nodes;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Cca;

/// <summary>What <see cref="CcaClaims"/> writes.</summary>
internal static class CcaClaimsSchema
{
    private static readonly string[] s_hashes = ["sha-256", "sha-384", "sha-512"];

    public static JsonObject Create() => ObjectType(
        "The token of an Arm CCA realm.",
        Object(
            "realm", "What the realm manager says.",
            Base64("cca-realm-personalization-value", "The init-data digest, padded."),
            Base64("cca-realm-initial-measurement", "Measurement of the realm's first contents."),
            List("cca-realm-extensible-measurements", "Four registers, in base64.", TextType("A register.")),
            OneOf("cca-realm-hash-algo-id", "The hash of the measurements.", s_hashes),
            Base64("cca-realm-challenge", "The challenge.")),
        Object(
            "platform", "What the platform says.",
            Base64("cca-platform-instance-id", "The platform."),
            Base64("cca-platform-implementation-id", "The kind of platform."),
            Text("cca-platform-profile", "The profile of the token."),
            Integer("cca-platform-lifecycle", "The state of the platform's life."),
            Base64("cca-platform-config", "The configuration of the platform."),
            OneOf("cca-platform-hash-algo-id", "The hash of the components.", s_hashes),
            List("cca-platform-sw-components", "The firmware.", ObjectType(
                "One component.",
                Base64("measurement-value", "Its measurement."),
                Base64("signer-id", "Digest of the key that signed it."),
                Text("measurement-type", "Its name, where the platform says it.").Optional(),
                Text("version", "Its version, where the platform says it.").Optional()))),
        Hex("report_data", "The challenge.", 64),
        Hex("init_data", "The personalization value: the init-data digest, padded.", 64));
}
