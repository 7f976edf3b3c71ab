using Nacre.Formats.Corim;

namespace Nacre.Verifiers.Cca;

/// <summary>Reads what a CoMID says of realms.</summary>
internal static class CcaRealmEndorsements
{
    private const string Initial = "cca.rim";
    private const string Personalization = "cca.rpv";
    private const int PersonalizationSize = 64;
    private static readonly string[] s_extensible = ["cca.rem0", "cca.rem1", "cca.rem2", "cca.rem3"];

    public static IEnumerable<CcaRealmReference> Read(Comid comid)
    {
        if (comid.AttestKeys.Count > 0)
            throw CcaEndorsements.Malformed("triples", "give a key to a realm, which the platform vouches for");

        return comid.References.Select(Read);
    }

    private static CcaRealmReference Read(CorimReferenceTriple triple)
    {
        if (triple.Environment.Instance is not null)
            throw CcaEndorsements.Malformed("reference.instance", "must not be there");

        var name = CcaEndorsements.ClassId(triple.Environment, 32, 48, 64);
        var found = new Dictionary<string, CorimMeasurement>();
        foreach (var measurement in triple.Measurements)
        {
            var key = measurement.Key is { Tag: null, Text: { } text } ? text : throw CcaEndorsements.Malformed("measurement.key", "must be a text");
            if (key is not (Initial or Personalization) && !s_extensible.Contains(key))
                throw CcaEndorsements.Malformed("measurement.key", $"'{key}' is not one of {Initial}, cca.rem0 to 3, {Personalization}");
            if (!found.TryAdd(key, measurement))
                throw CcaEndorsements.Malformed(key, "is there twice");
        }

        if (!found.ContainsKey(Initial))
            throw CcaEndorsements.Malformed(Initial, "is missing");

        var extensible = new Dictionary<int, IReadOnlyList<CorimDigest>>();
        for (var i = 0; i < s_extensible.Length; i++)
        {
            if (found.ContainsKey(s_extensible[i]))
                extensible.Add(i, Digests(found, s_extensible[i]));
        }

        return new(name, Digests(found, Initial), extensible, found.TryGetValue(Personalization, out var value) ? RawValue(value) : null);
    }

    private static IReadOnlyList<CorimDigest> Digests(Dictionary<string, CorimMeasurement> found, string key) =>
        found[key].Digests ?? throw CcaEndorsements.Malformed(key, "has no digests");

    private static byte[] RawValue(CorimMeasurement measurement) =>
        measurement.RawValue?.BytesOf(CorimValue.BytesTag) is { Length: PersonalizationSize } value
            ? value.ToArray()
            : throw CcaEndorsements.Malformed(Personalization, $"must have a raw value of {PersonalizationSize} bytes (tag {CorimValue.BytesTag})");
}
