using System.Globalization;

namespace Nacre.Formats.Cbor;

/// <summary>
/// A map whose keys are integers or texts (the labels of COSE and CWT). No key stands in it twice; values are kept as bytes and read when they
/// are asked for, so that keys nobody asks for cost nothing and mean nothing.
/// </summary>
public sealed class CborMap
{
    private const int MaxLabel = 256;

    private readonly string _structure;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _baseOffset;
    private readonly Dictionary<string, Range> _values = [];

    private CborMap(string structure, ReadOnlyMemory<byte> bytes, int baseOffset) => (_structure, _bytes, _baseOffset) = (structure, bytes, baseOffset);

    /// <summary>Labels in the order of the map; integers as decimal digits.</summary>
    public IReadOnlyCollection<string> Labels => _values.Keys;

    /// <param name="structure">What is read, for messages.</param>
    /// <param name="bytes">One map and nothing after it; must not change as long as the map is used.</param>
    /// <param name="maxEntries">More are refused.</param>
    /// <param name="baseOffset">Where the bytes begin in the whole, for messages.</param>
    /// <exception cref="MalformedDataException">It is no such map.</exception>
    public static CborMap Parse(string structure, ReadOnlyMemory<byte> bytes, int maxEntries, int baseOffset = 0)
    {
        var map = new CborMap(structure, bytes, baseOffset);
        var reader = new CborReader(structure, bytes.Span, baseOffset);
        for (var n = reader.Map("(map)", maxEntries); n > 0; n--)
        {
            var label = Label(ref reader);
            if (map.Has(label))
                throw reader.Malformed(label, "stands in the map twice");

            var start = reader.Offset;
            reader.Item(label);
            map._values.Add(label, start..reader.Offset);
        }

        reader.End();
        return map;
    }

    public bool Has(string label) => _values.ContainsKey(label);

    public bool Has(long label) => Has(Text(label));

    /// <summary>A reader at the value; null when the map has no such label, or null under it.</summary>
    public bool TryRead(string label, out CborReader reader)
    {
        reader = default;
        if (!_values.TryGetValue(label, out var range))
            return false;

        reader = new CborReader(_structure, _bytes.Span[range], _baseOffset + range.Start.Value);
        return !reader.TryNull(label);
    }

    /// <summary>The bytes of a value with their place in the whole.</summary>
    public (ReadOnlyMemory<byte> Bytes, int Offset) Raw(string label) => _values.TryGetValue(label, out var range)
        ? (_bytes[range], _baseOffset + range.Start.Value) : throw Malformed(label, "is missing");

    public byte[]? FindBytes(string label, int max) => TryRead(label, out var reader) ? reader.Bytes(label, max).ToArray() : null;

    public string? FindText(string label, int max) => TryRead(label, out var reader) ? reader.Text(label, max) : null;

    public long? FindInteger(string label) => TryRead(label, out var reader) ? reader.Integer(label) : null;

    public byte[] Bytes(string label, int max) => FindBytes(label, max) ?? throw Malformed(label, "is missing");

    public string RequireText(string label, int max) => FindText(label, max) ?? throw Malformed(label, "is missing");

    public long Integer(string label) => FindInteger(label) ?? throw Malformed(label, "is missing");

    public static string Text(long label) => label.ToString(CultureInfo.InvariantCulture);

    public MalformedDataException Malformed(string label, string rule) =>
        new(_structure, label, _baseOffset + (_values.TryGetValue(label, out var range) ? range.Start.Value : 0), rule);

    // A text of digits could pass for an integer, so it is no label here.
    private static string Label(ref CborReader reader)
    {
        if (reader.Peek("(key)") != CborType.TextString)
            return Text(reader.Integer("(key)"));

        var text = reader.Text("(key)", MaxLabel);
        return long.TryParse(text, CultureInfo.InvariantCulture, out _) ? throw reader.Malformed("(key)", "is a number written as text") : text;
    }
}
