using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Cca;

namespace Nacre.Cli.Evidence;

/// <summary>The claims of a token of Arm CCA, the platform's first.</summary>
internal static class CcaTokenText
{
    public static JsonObject Fields(CcaToken token)
    {
        var (platform, realm) = (token.Platform.Claims, token.Realm.Claims);
        var fields = new JsonObject
        {
            ["collection"] = $"tag {token.CollectionTag}",
            ["platform.algorithm"] = token.Platform.Message.Algorithm.Name,
            ["platform.profile"] = platform.Profile,
            ["platform.challenge"] = Hex(platform.Challenge),
            ["platform.implementation_id"] = Hex(platform.ImplementationId),
            ["platform.instance_id"] = Hex(platform.InstanceId),
            ["platform.config"] = Hex(platform.Configuration),
            ["platform.lifecycle"] = string.Create(CultureInfo.InvariantCulture, $"{platform.Lifecycle} (0x{platform.RawLifecycle:x4})"),
            ["platform.hash_algorithm"] = platform.HashAlgorithm,
            ["platform.verification_service"] = platform.VerificationService ?? "(absent)",
        };
        for (var i = 0; i < platform.Software.Count; i++)
        {
            var component = platform.Software[i];
            var name = $"{component.Type ?? "(unnamed)"} {component.Version}".TrimEnd();
            fields[Item("platform.software", i)] = $"{name} {Hex(component.Measurement)}, signer {Hex(component.SignerId)}";
        }

        fields["realm.algorithm"] = token.Realm.Message.Algorithm.Name;
        fields["realm.profile"] = realm.Profile ?? "(the first)";
        fields["realm.challenge"] = Hex(realm.Challenge);
        fields["realm.personalization_value"] = Hex(realm.PersonalizationValue);
        fields["realm.hash_algorithm"] = realm.HashAlgorithm;
        fields["realm.initial_measurement"] = Hex(realm.InitialMeasurement);
        for (var i = 0; i < realm.ExtensibleMeasurements.Count; i++)
            fields[Item("realm.extensible_measurements", i)] = Hex(realm.ExtensibleMeasurements[i]);
        fields["realm.public_key"] = Hex(realm.PublicKey);
        fields["realm.public_key_hash_algorithm"] = realm.PublicKeyHashAlgorithm;
        if (realm.InstanceId is not null)
            fields["realm.instance_id"] = Hex(realm.InstanceId);
        if (realm.MemoryEncryption is { } memory)
            fields["realm.memory_encryption"] = memory == 1 ? "private key (1)" : "shared key (0)";
        return fields;
    }

    private static string Item(string name, int index) => string.Create(CultureInfo.InvariantCulture, $"{name}[{index}]");

    private static string Hex(byte[] value) => Convert.ToHexStringLower(value);
}
