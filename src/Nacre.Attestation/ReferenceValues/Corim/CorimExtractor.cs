using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Corim;

namespace Nacre.Attestation.ReferenceValues.Corim;

/// <summary>
/// Reference triples of a signed CoRIM, named as upstream names them (trust.md 4.2). Where several measurements have one name, all their digests
/// are the value, the last first, which is the one that upstream keeps.
/// </summary>
internal sealed class CorimExtractor : IReferenceValueExtractor
{
    public string Type => "corim";

    public IReadOnlyList<(string Name, JsonNode? Value)> Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at)
    {
        var manifest = SignedCorim.IsSigned(payload) ? Open(SignedCorim.Parse(payload), trust, at) : trust.AcceptUnsignedCorim
            ? CorimManifest.Parse(payload)
            : throw Refused("(signature)", "is missing: send a signed CoRIM, or configure that unsigned ones are taken");
        return manifest.Validity.Covers(at) ? Read(manifest) : throw Refused("rim-validity", "does not cover this time");
    }

    public static IReadOnlyList<(string Name, JsonNode? Value)> Read(CorimManifest manifest)
    {
        var values = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var triple in manifest.Comids.SelectMany(comid => comid.References))
        {
            foreach (var measurement in triple.Measurements)
                Add(values, string.Join('/', Path(triple.Environment, measurement)), measurement);
        }

        return [.. values.Select(value => (value.Key, (JsonNode?)value.Value))];
    }

    private static CorimManifest Open(SignedCorim signed, ReferenceValueTrust trust, DateTimeOffset at)
    {
        if (!signed.SignatureValidity.Covers(at))
            throw Refused("signature-validity", "does not cover this time");

        return trust.Endorsers.Select(key => key.VerificationKey is { } usable ? signed.Verify(usable) : null).FirstOrDefault(found => found is not null)
            ?? throw Refused("(signature)", $"is of none of the {trust.Endorsers.Count} endorsers that are configured");
    }

    private static void Add(Dictionary<string, JsonNode> values, string path, CorimMeasurement measurement)
    {
        if (measurement.Digests is { } digests)
        {
            if (!values.TryGetValue($"{path}/digests", out var found))
                values.Add($"{path}/digests", found = new JsonArray());
            foreach (var digest in digests.Reverse())
                ((JsonArray)found).Insert(0, JsonValue.Create(Convert.ToHexStringLower(digest.Value)));
        }

        if (measurement.RawValue?.BytesOf(CorimValue.BytesTag) is { } raw)
            values[$"{path}/raw_bytes"] = JsonValue.Create(Convert.ToHexStringLower(raw.Span));
    }

    private static IEnumerable<string> Path(CorimEnvironment environment, CorimMeasurement measurement)
    {
        var key = measurement.Key is { Tag: null, Integer: { } number }
            ? string.Create(CultureInfo.InvariantCulture, $"claim{number}") : measurement.Key?.Name;
        string?[] parts = [environment.Class?.Vendor, environment.Class?.Model, key, measurement.Name, measurement.SerialNumber];
        return parts.OfType<string>();
    }

    private static MalformedDataException Refused(string field, string rule) => new("corim", field, 0, rule);
}
