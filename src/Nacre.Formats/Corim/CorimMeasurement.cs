using Nacre.Formats.Cbor;

namespace Nacre.Formats.Corim;

/// <summary>What one thing measures (draft-ietf-rats-corim, 5.1.4.5). Members that are not listed here are not read.</summary>
public sealed record CorimMeasurement
{
    private const int MaxText = 1024;
    private const int MaxKeys = 16;
    private const int HighestLabel = 1;
    private const int HighestValueLabel = 15;

    /// <summary>Which of the measurements of its environment this is.</summary>
    public required CorimValue? Key { get; init; }
    public required string? Version { get; init; }

    /// <summary>The security version; a minimum when it has tag 553.</summary>
    public required CorimValue? SecurityVersion { get; init; }

    /// <summary>Null when there are none; never empty.</summary>
    public required IReadOnlyList<CorimDigest>? Digests { get; init; }
    public required CorimValue? RawValue { get; init; }

    /// <summary>Which bits of <see cref="RawValue"/> count; as long as it. All do when this is null.</summary>
    public required byte[]? RawValueMask { get; init; }
    public required string? SerialNumber { get; init; }
    public required string? Name { get; init; }
    public required IReadOnlyList<CorimValue> CryptoKeys { get; init; }

    internal static CorimMeasurement Read(ReadOnlyMemory<byte> bytes, int offset, ref CborReader reader)
    {
        var map = CorimMaps.Next("corim.measurement", bytes, offset, ref reader, "measurement", HighestLabel);
        var values = CorimMaps.Parse("corim.measurement.value", map.Raw("1"), HighestValueLabel);
        if (values.Labels.Count == 0)
            throw values.Malformed("(map)", "measures nothing");

        return new()
        {
            Key = CorimValue.Find(map, "0"),
            Version = values.Has(0) ? CorimMaps.Parse("corim.version", values.Raw("0"), 1).RequireText("0", MaxText) : null,
            SecurityVersion = CorimValue.Find(values, "1"),
            Digests = values.TryRead("2", out var digests) ? CorimDigest.ReadAll(ref digests, "2") : null,
            RawValue = CorimValue.Find(values, "4"),
            RawValueMask = ReadMask(values),
            SerialNumber = values.FindText("8", MaxText),
            Name = values.FindText("11", MaxText),
            CryptoKeys = ReadKeys(values, "13"),
        };
    }

    private static byte[]? ReadMask(CborMap values)
    {
        if (values.FindBytes("5", CorimValue.MaxContent) is not { } mask)
            return null;

        var value = CorimValue.Find(values, "4") ?? throw values.Malformed("5", "is a mask of no value");
        return value.Bytes.Length == mask.Length ? mask : throw values.Malformed("5", $"is {mask.Length} bytes long, the value {value.Bytes.Length}");
    }

    private static List<CorimValue> ReadKeys(CborMap values, string label) =>
        values.TryRead(label, out var reader) ? ReadKeys(ref reader, label) : [];

    internal static List<CorimValue> ReadKeys(ref CborReader reader, string field)
    {
        var keys = new List<CorimValue>();
        for (var n = reader.Array(field, MaxKeys); n > 0; n--)
            keys.Add(CorimValue.Read(ref reader, field));
        return keys.Count > 0 ? keys : throw reader.Malformed(field, "is empty");
    }
}
