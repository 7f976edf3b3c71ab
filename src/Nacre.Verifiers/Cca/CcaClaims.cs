using System.Text.Json.Nodes;
using Nacre.Evidence.Cca;

namespace Nacre.Verifiers.Cca;

/// <summary>The claims of a token. Names are upstream's and those of the CCA profile (trust.md 3.9, cca); bytes are base64, as upstream has them.</summary>
internal static class CcaClaims
{
    public static JsonObject Create(CcaToken token)
    {
        var (realm, platform) = (token.Realm.Claims, token.Platform.Claims);
        return new JsonObject
        {
            ["realm"] = new JsonObject
            {
                ["cca-realm-personalization-value"] = Base64(realm.PersonalizationValue),
                ["cca-realm-initial-measurement"] = Base64(realm.InitialMeasurement),
                ["cca-realm-extensible-measurements"] = new JsonArray([.. realm.ExtensibleMeasurements.Select(value => JsonValue.Create(Base64(value)))]),
                ["cca-realm-hash-algo-id"] = realm.HashAlgorithm,
                ["cca-realm-challenge"] = Base64(realm.Challenge),
            },
            ["platform"] = new JsonObject
            {
                ["cca-platform-instance-id"] = Base64(platform.InstanceId),
                ["cca-platform-implementation-id"] = Base64(platform.ImplementationId),

                ["cca-platform-profile"] = platform.Profile,
                ["cca-platform-lifecycle"] = platform.RawLifecycle,
                ["cca-platform-config"] = Base64(platform.Configuration),
                ["cca-platform-hash-algo-id"] = platform.HashAlgorithm,
                ["cca-platform-sw-components"] = new JsonArray([.. platform.Software.Select(Component)]),
            },
            ["report_data"] = Convert.ToHexStringLower(realm.Challenge),
            ["init_data"] = Convert.ToHexStringLower(realm.PersonalizationValue),
        };
    }

    private static JsonObject Component(CcaSoftwareComponent component)
    {
        var claims = new JsonObject
        {
            ["measurement-value"] = Base64(component.Measurement),
            ["signer-id"] = Base64(component.SignerId),
        };
        if (component.Type is not null)
            claims["measurement-type"] = component.Type;
        if (component.Version is not null)
            claims["version"] = component.Version;
        return claims;
    }

    private static string Base64(byte[] value) => Convert.ToBase64String(value);
}
