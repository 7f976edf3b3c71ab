using Nacre.Formats.Cbor;

namespace Nacre.Formats.Corim;

/// <summary>How the maps of CoRIM are read: bounded, and with no label that is not defined, except the negative ones, which are extensions.</summary>
internal static class CorimMaps
{
    public const int MaxEntries = 64;

    /// <summary>Reads the map that is next.</summary>
    public static CborMap Next(string structure, ReadOnlyMemory<byte> bytes, int offset, ref CborReader reader, string field, int highestLabel)
    {
        var start = reader.Offset;
        reader.Item(field);
        return Parse(structure, bytes[start..reader.Offset], offset + start, highestLabel);
    }

    public static CborMap Parse(string structure, (ReadOnlyMemory<byte> Bytes, int Offset) raw, int highestLabel) =>
        Parse(structure, raw.Bytes, raw.Offset, highestLabel);

    private static CborMap Parse(string structure, ReadOnlyMemory<byte> bytes, int offset, int highestLabel)
    {
        var map = CborMap.Parse(structure, bytes, MaxEntries, offset);
        foreach (var label in map.Labels)
        {
            if (!long.TryParse(label, System.Globalization.CultureInfo.InvariantCulture, out var number) || number > highestLabel)
                throw map.Malformed(label, "is not a member that is known here");
        }

        return map;
    }
}
