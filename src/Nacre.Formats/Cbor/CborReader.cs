using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Nacre.Formats.Cbor;

/// <summary>
/// Reads CBOR front to back as deterministic encoding writes it (RFC 8949, section 4.2.1): definite lengths and the shortest form of every
/// number, so that no two inputs mean the same. Floating-point numbers occur in no evidence and are refused. Maps may have their keys in
/// any order, but none twice.
/// </summary>
/// <param name="structure">What is read, for messages.</param>
/// <param name="source">The bytes.</param>
/// <param name="baseOffset">Where they begin in the whole, for messages.</param>
public ref struct CborReader(string structure, ReadOnlySpan<byte> source, int baseOffset = 0)
{
    /// <summary>Of arrays, maps and tags within each other.</summary>
    public const int MaxDepth = 16;

    // Of a map that is only skipped; the keys of each are compared with each other.
    private const int MaxSkippedEntries = 128;

    private readonly ReadOnlySpan<byte> _source = source;
    private int _itemOffset;

    /// <summary>From the beginning of the source.</summary>
    public int Offset { get; private set; }

    public readonly int Remaining => _source.Length - Offset;

    /// <summary>The type of the next item; reads nothing.</summary>
    public CborType Peek(string field)
    {
        _itemOffset = Offset;
        return Remaining > 0 ? (CborType)(_source[Offset] >> 5) : throw Malformed(field, "is missing: the bytes end here");
    }

    /// <summary>An integer of either sign.</summary>
    public long Integer(string field)
    {
        var (type, argument) = Head(field);
        if (type is not (CborType.UnsignedInteger or CborType.NegativeInteger))
            throw Malformed(field, $"must be an integer, is {Name(type)}");
        if (argument > long.MaxValue)
            throw Malformed(field, "is beyond 64 bits with sign");

        return type == CborType.UnsignedInteger ? (long)argument : -1 - (long)argument;
    }

    public ReadOnlySpan<byte> Bytes(string field, int max) => Content(field, CborType.ByteString, max);

    public string Text(string field, int max)
    {
        var content = Content(field, CborType.TextString, max);
        RequireUtf8(field, content);
        return Encoding.UTF8.GetString(content);
    }

    /// <summary>The number of items that follow.</summary>
    public int Array(string field, int max) => Count(field, CborType.Array, max);

    /// <summary>The number of pairs that follow.</summary>
    public int Map(string field, int max) => Count(field, CborType.Map, max);

    public ulong Tag(string field) => Head(field) is (CborType.Tag, var number) ? number : throw Malformed(field, "must be a tag");

    /// <summary>Null is read and true returned; anything else stays.</summary>
    public bool TryNull(string field)
    {
        Peek(field);
        if (_source[Offset] is not 0xf6)
            return false;

        Offset++;
        return true;
    }

    /// <summary>Reads any one item with all that is in it, and returns its bytes.</summary>
    public ReadOnlySpan<byte> Item(string field)
    {
        var start = Offset;
        Skip(field, MaxDepth);
        return _source[start..Offset];
    }

    /// <summary>Refuses trailing bytes.</summary>
    public void End()
    {
        _itemOffset = Offset;
        if (Remaining != 0)
            throw Malformed("(end)", $"{Remaining} bytes are left over");
    }

    /// <summary>The error to throw when the item just read breaks <paramref name="rule"/>.</summary>
    public readonly MalformedDataException Malformed(string field, string rule) => new(structure, field, baseOffset + _itemOffset, rule);

    private void Skip(string field, int depth)
    {
        if (depth == 0)
            throw Malformed(field, $"is nested deeper than {MaxDepth}");

        var (type, argument) = Head(field);
        switch (type)
        {
            case CborType.ByteString:
                Advance(field, argument);
                break;
            case CborType.TextString:
                RequireUtf8(field, Advance(field, argument));
                break;
            case CborType.Array:
                // Every item takes a byte at least.
                if (argument > (ulong)Remaining)
                    throw Malformed(field, $"says it has {argument} items, {Remaining} bytes are left");
                for (; argument > 0; argument--)
                    Skip(field, depth - 1);
                break;
            case CborType.Map:
                SkipMap(field, argument, depth - 1);
                break;
            case CborType.Tag:
                Skip(field, depth - 1);
                break;
        }
    }

    // Every item has one encoding here, so equal keys are equal bytes.
    private void SkipMap(string field, ulong count, int depth)
    {
        if (count > MaxSkippedEntries)
            throw Malformed(field, $"has {count} entries, at most {MaxSkippedEntries} are allowed");

        Span<Range> keys = stackalloc Range[(int)count];
        for (var i = 0; i < keys.Length; i++)
        {
            var start = Offset;
            Skip(field, depth);
            keys[i] = start..Offset;
            foreach (var earlier in keys[..i])
            {
                if (!_source[earlier].SequenceEqual(_source[keys[i]]))
                    continue;

                _itemOffset = start;
                throw Malformed(field, "has a map with a key that stands in it twice");
            }

            Skip(field, depth);
        }
    }

    private readonly void RequireUtf8(string field, ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
            throw Malformed(field, "is not UTF-8");
    }

    private ReadOnlySpan<byte> Content(string field, CborType wanted, int max)
    {
        var (type, length) = Head(field);
        if (type != wanted)
            throw Malformed(field, $"must be {Name(wanted)}, is {Name(type)}");
        if (length > (ulong)max)
            throw Malformed(field, $"is {length} bytes long, at most {max} are allowed");

        return Advance(field, length);
    }

    private int Count(string field, CborType wanted, int max)
    {
        var (type, count) = Head(field);
        if (type != wanted)
            throw Malformed(field, $"must be {Name(wanted)}, is {Name(type)}");

        return count <= (ulong)max ? (int)count : throw Malformed(field, $"has {count} items, at most {max} are allowed");
    }

    private ReadOnlySpan<byte> Advance(string field, ulong length)
    {
        if (length > (ulong)Remaining)
            throw Malformed(field, $"needs {length} bytes, {Remaining} are left");

        Offset += (int)length;
        return _source.Slice(Offset - (int)length, (int)length);
    }

    // The type and the argument of the next item (section 3).
    private (CborType Type, ulong Argument) Head(string field)
    {
        var type = Peek(field);
        var info = _source[Offset++] & 0x1f;
        if (type == CborType.Simple)
            return info is >= 20 and <= 23 ? (type, (ulong)info) : throw Malformed(field, "is neither false, true, null nor undefined");
        if (info < 24)
            return (type, (ulong)info);
        if (info > 27)
            throw Malformed(field, info == 31 ? "has no definite length" : "has a reserved form");

        var width = 1 << (info - 24);
        Span<byte> wide = stackalloc byte[8];
        wide.Clear();
        Advance(field, (ulong)width).CopyTo(wide[(8 - width)..]);
        var argument = BinaryPrimitives.ReadUInt64BigEndian(wide);
        var shortest = width switch { 1 => 24UL, 2 => 0x100UL, 4 => 0x1_0000UL, _ => 0x1_0000_0000UL };
        return argument >= shortest ? (type, argument) : throw Malformed(field, "is a number in a longer form than it needs");
    }

    private static string Name(CborType type) => type switch
    {
        CborType.UnsignedInteger or CborType.NegativeInteger => "an integer",
        CborType.ByteString => "a byte string",
        CborType.TextString => "a text",
        CborType.Array => "an array",
        CborType.Map => "a map",
        CborType.Tag => "a tag",
        _ => "a simple value",
    };
}
