using System.Text.Json.Nodes;
using Nacre.Evidence.Cca;
using static Nacre.Verifiers.Schemas.ClaimSchema;
using ComponentClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.Cca.CcaSoftwareComponent>;
using PlatformClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.Cca.CcaPlatformClaims>;
using RealmClaim = Nacre.Verifiers.Schemas.Claim<Nacre.Evidence.Cca.CcaRealmClaims>;

namespace Nacre.Verifiers.Cca;

/// <summary>
/// The claims of an Arm CCA realm. Names are upstream's and those of the CCA profile (trust.md 3.9, cca); bytes are base64, as upstream has
/// them.
/// </summary>
public sealed record CcaClaims : IEvidenceClaims
{
    private static readonly string[] s_hashes = ["sha-256", "sha-384", "sha-512"];

    private static readonly RealmClaim[] s_realm =
    [
        RealmClaim.Base64("cca-realm-personalization-value", "The init-data digest, padded.", r => r.PersonalizationValue),
        RealmClaim.Base64("cca-realm-initial-measurement", "Measurement of the realm's first contents.", r => r.InitialMeasurement),
        RealmClaim.List(
            "cca-realm-extensible-measurements", "Four registers, in base64.", () => TextType("A register."),
            r => r.ExtensibleMeasurements.Select(Convert.ToBase64String)),
        RealmClaim.OneOf("cca-realm-hash-algo-id", "The hash of the measurements.", s_hashes, r => r.HashAlgorithm),
        RealmClaim.Base64("cca-realm-challenge", "The challenge.", r => r.Challenge),
    ];

    private static readonly ComponentClaim[] s_component =
    [
        ComponentClaim.Base64("measurement-value", "Its measurement.", c => c.Measurement),
        ComponentClaim.Base64("signer-id", "Digest of the key that signed it.", c => c.SignerId),
        ComponentClaim.Text("measurement-type", "Its name, where the platform says it.", c => c.Type).Optional(),
        ComponentClaim.Text("version", "Its version, where the platform says it.", c => c.Version).Optional(),
    ];

    private static readonly PlatformClaim[] s_platform =
    [
        PlatformClaim.Base64("cca-platform-instance-id", "The platform.", p => p.InstanceId),
        PlatformClaim.Base64("cca-platform-implementation-id", "The kind of platform.", p => p.ImplementationId),
        PlatformClaim.Text("cca-platform-profile", "The profile of the token.", p => p.Profile),
        PlatformClaim.Integer("cca-platform-lifecycle", "The state of the platform's life.", p => p.RawLifecycle),
        PlatformClaim.Base64("cca-platform-config", "The configuration of the platform.", p => p.Configuration),
        PlatformClaim.OneOf("cca-platform-hash-algo-id", "The hash of the components.", s_hashes, p => p.HashAlgorithm),
        PlatformClaim.List("cca-platform-sw-components", "The firmware.", "One component.", s_component, p => p.Software),
    ];

    /// <summary>What the realm manager says of the realm.</summary>
    public required CcaRealmClaims Realm { get; init; }

    /// <summary>What the platform says of itself.</summary>
    public required CcaPlatformClaims Platform { get; init; }

    internal static Schemas.ClaimList<CcaClaims> All { get; } = new(
        "The token of an Arm CCA realm.",
        [
            Schemas.Claim<CcaClaims>.Object("realm", "What the realm manager says.", s_realm, c => c.Realm),
            Schemas.Claim<CcaClaims>.Object("platform", "What the platform says.", s_platform, c => c.Platform),
            Schemas.Claim<CcaClaims>.Hex("report_data", "The challenge.", 64, c => c.Realm.Challenge),
            Schemas.Claim<CcaClaims>.Hex(
                "init_data", "The personalization value: the init-data digest, padded.", 64, c => c.Realm.PersonalizationValue),
        ]);

    public JsonObject ToJson() => All.ToJson(this);

    internal static CcaClaims Create(CcaToken token) => new() { Realm = token.Realm.Claims, Platform = token.Platform.Claims };
}
