using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Cbor;
using Nacre.Formats.Corim;

namespace Nacre.Attestation.ReferenceValues.Corim;

/// <summary>
/// The reference triples of a signed CoRIM (draft-ietf-rats-corim), under upstream's names (trust.md 4.2):
/// <c>VENDOR/MODEL/KEY/NAME/SERIAL</c> as far as they are there, then <c>digests</c> (an array) or <c>raw_bytes</c>. Triples that say digests of
/// the same name are alternatives.
/// </summary>
internal sealed class CorimExtractor : IReferenceValueExtractor
{
    private const string Structure = "corim";

    public string Type => "corim";

    public ExtractedValues Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at)
    {
        if (!SignedCorim.IsSigned(payload))
        {
            var manifest = trust.AcceptUnsigned ? CorimManifest.Parse(payload.AsMemory(SignedCorim.OuterTags(payload)))
                : throw Malformed("(signature)", "is missing: sign the manifest (COSE_Sign1), or register its values as type sample");
            return Read(manifest, at, CorimValidity.Always);
        }

        var signed = SignedCorim.Parse(payload);
        CorimManifest? verified = null;
        var signature = new ShownSignature(signed.Certificates, key => (verified = signed.Verify(key.Verify)) is not null);
        var (_, signer) = trust.RequireSigner(Type, [signature], at, Structure);
        return Read(verified!, at, signed.SignatureValidity) with { Signers = [signer] };
    }

    private static ExtractedValues Read(CorimManifest manifest, DateTimeOffset at, CorimValidity signature)
    {
        foreach (var validity in (CorimValidity[])[manifest.Validity, signature])
        {
            if (!validity.Covers(at))
                throw Malformed("validity", $"is from {validity.NotBefore:u} to {validity.NotAfter:u}, not at {at:u}");
        }

        var values = new Dictionary<string, JsonNode?>();
        foreach (var triple in manifest.Comids.SelectMany(comid => comid.References))
        {
            foreach (var measurement in triple.Measurements)
                Add(values, Path(triple.Environment, measurement), measurement);
        }

        return new([.. values.Select(value => (value.Key, value.Value))])
        {
            Origin = manifest.Profile,
            Expires = Earlier(manifest.Validity.NotAfter, signature.NotAfter),
        };
    }

    private static void Add(Dictionary<string, JsonNode?> values, string path, CorimMeasurement measurement)
    {
        if (measurement.Digests is { } digests)
        {
            var list = values.GetValueOrDefault($"{path}/digests") as JsonArray ?? [];
            values[$"{path}/digests"] = list;
            foreach (var digest in digests)
                list.Add((JsonNode)JsonValue.Create(Convert.ToHexStringLower(digest.Value)));
        }

        if (measurement.RawValue is not { } raw)
            return;
        if (measurement.RawValueMask is not null || raw.Type != CborType.ByteString)
            throw Malformed($"{path}/raw_bytes", "is masked or no byte string, which a reference value cannot say");
        if (!values.TryAdd($"{path}/raw_bytes", Convert.ToHexStringLower(raw.Bytes.Span)))
            throw Malformed($"{path}/raw_bytes", "is there twice");
    }

    private static string Path(CorimEnvironment environment, CorimMeasurement measurement)
    {
        var key = measurement.Key is { Tag: null, Integer: >= 0 and var number }
            ? string.Create(CultureInfo.InvariantCulture, $"claim{number}") : measurement.Key?.Name;
        var parts = ((string?[])[environment.Class?.Vendor, environment.Class?.Model, key, measurement.Name, measurement.SerialNumber])
            .OfType<string>().ToList();
        return parts.Count > 0 ? string.Join('/', parts).Replace(' ', '_') : throw Malformed("environment", "has no vendor, model, key or name");
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;

    private static MalformedDataException Malformed(string field, string rule) => new(Structure, field, 0, rule);
}
