using Nacre.Formats.Cbor;

namespace Nacre.Formats.Corim;

/// <summary>What an environment should measure.</summary>
public sealed record CorimReferenceTriple(CorimEnvironment Environment, IReadOnlyList<CorimMeasurement> Measurements);

/// <summary>The keys that an environment attests with.</summary>
public sealed record CorimAttestKeyTriple(CorimEnvironment Environment, IReadOnlyList<CorimValue> Keys);

/// <summary>A concise module identifier (draft-ietf-rats-corim, 5.1): statements about environments.</summary>
public sealed class Comid
{
    private const string Structure = "comid";
    private const int HighestLabel = 4;
    private const int HighestTripleLabel = 11;
    private const int MaxTriples = 10_000;
    private const int MaxMeasurements = 10_000;

    private Comid(CorimValue id, List<CorimReferenceTriple> references, List<CorimAttestKeyTriple> keys, List<string> unread) =>
        (Id, References, AttestKeys, UnreadTriples) = (id, references, keys, unread);

    /// <summary>A text, or the bytes of a UUID.</summary>
    public CorimValue Id { get; }

    public IReadOnlyList<CorimReferenceTriple> References { get; }

    public IReadOnlyList<CorimAttestKeyTriple> AttestKeys { get; }

    /// <summary>Labels of the other kinds of triples that are there: what they say is not known here.</summary>
    public IReadOnlyList<string> UnreadTriples { get; }

    /// <exception cref="MalformedDataException">It is no CoMID.</exception>
    internal static Comid Parse(ReadOnlyMemory<byte> bytes, int offset)
    {
        var map = CorimMaps.Parse(Structure, (bytes, offset), HighestLabel);
        var identity = CorimMaps.Parse($"{Structure}.identity", map.Raw("1"), 1);
        var triples = CorimMaps.Parse($"{Structure}.triples", map.Raw("4"), HighestTripleLabel);
        if (triples.Labels.Count == 0)
            throw map.Malformed("4", "says nothing");

        var references = Triples(triples, "0", ReadReference);
        var keys = Triples(triples, "3", ReadAttestKey);
        var unread = triples.Labels.Where(label => label is not ("0" or "3")).ToList();
        return new(CorimValue.Find(identity, "0") ?? throw identity.Malformed("0", "is missing"), references, keys, unread);
    }

    private delegate T ReadTriple<T>(ReadOnlyMemory<byte> bytes, int offset, CorimEnvironment environment, ref CborReader reader);

    private static List<T> Triples<T>(CborMap triples, string label, ReadTriple<T> read)
    {
        var found = new List<T>();
        if (!triples.Has(long.Parse(label, System.Globalization.CultureInfo.InvariantCulture)))
            return found;

        var (bytes, offset) = triples.Raw(label);
        var reader = new CborReader($"{Structure}.triples", bytes.Span, offset);
        for (var n = reader.Array(label, MaxTriples); n > 0; n--)
        {
            if (reader.Array("triple", 2) != 2)
                throw reader.Malformed("triple", "must be an environment and what is said of it");

            var environment = CorimEnvironment.Parse(CorimMaps.Next("corim.environment", bytes, offset, ref reader, "environment", 2));
            found.Add(read(bytes, offset, environment, ref reader));
        }

        return found.Count > 0 ? found : throw reader.Malformed(label, "is empty");
    }

    private static CorimReferenceTriple ReadReference(ReadOnlyMemory<byte> bytes, int offset, CorimEnvironment environment, ref CborReader reader)
    {
        var measurements = new List<CorimMeasurement>();
        for (var n = reader.Array("measurements", MaxMeasurements); n > 0; n--)
            measurements.Add(CorimMeasurement.Read(bytes, offset, ref reader));
        return measurements.Count > 0 ? new(environment, measurements) : throw reader.Malformed("measurements", "is empty");
    }

    private static CorimAttestKeyTriple ReadAttestKey(ReadOnlyMemory<byte> bytes, int offset, CorimEnvironment environment, ref CborReader reader) =>
        new(environment, CorimMeasurement.ReadKeys(ref reader, "keys"));
}
