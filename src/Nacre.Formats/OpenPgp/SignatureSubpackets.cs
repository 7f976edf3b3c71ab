using System.Buffers.Binary;

namespace Nacre.Formats.OpenPgp;

/// <summary>One area of subpackets of a signature (RFC 9580, section 5.2.3.7).</summary>
internal sealed class SignatureSubpackets
{
    public const byte Created = 2;
    public const byte Expires = 3;
    public const byte KeyExpires = 9;
    public const byte RevocationKey = 12;
    public const byte Issuer = 16;
    public const byte KeyFlags = 27;
    public const byte Embedded = 32;
    public const byte IssuerFingerprint = 33;
    private const int Most = 64;

    private readonly List<(byte Type, bool Critical, byte[] Content)> _items = [];

    public static SignatureSubpackets Parse(string structure, ReadOnlySpan<byte> area)
    {
        var reader = new StructReader(structure, area);
        var result = new SignatureSubpackets();
        while (reader.Remaining > 0)
        {
            if (result._items.Count == Most)
                throw reader.Malformed($"begins more than {Most} subpackets");

            var length = Length(ref reader);
            var type = reader.UInt8("subpacket.type");
            if (length == 0)
                throw reader.Malformed("belongs to a subpacket without length");
            var content = reader.Bytes(length - 1, "subpacket.content").ToArray();
            result._items.Add(((byte)(type & 0x7f), (type & 0x80) != 0, content));
        }

        return result;
    }

    public byte[]? Find(byte type)
    {
        var found = _items.FindLastIndex(item => item.Type == type);
        return found < 0 ? null : _items[found].Content;
    }

    /// <summary>Four bytes as seconds; null when there are none.</summary>
    public uint? Seconds(byte type) => Find(type) is { Length: 4 } content ? BinaryPrimitives.ReadUInt32BigEndian(content) : null;

    /// <summary>A subpacket that must be understood and is not; notations are never understood.</summary>
    public byte? UnknownCritical() =>
        _items.FindIndex(item => item.Critical && item.Type is not (>= 2 and <= 7 or 9 or 11 or 12 or 16 or >= 21 and <= 33)) is var at and >= 0
            ? _items[at].Type
            : null;

    /// <summary>Whether there is nothing else, and nothing critical.</summary>
    public bool HasOnly(params ReadOnlySpan<byte> types)
    {
        foreach (var (type, critical, _) in _items)
        {
            if (critical || !types.Contains(type))
                return false;
        }

        return true;
    }

    private static int Length(ref StructReader reader)
    {
        var first = reader.UInt8("subpacket.length");
        var length = first switch
        {
            < 192 => first,
            < 255 => (uint)((first - 192) << 8) + reader.UInt8("subpacket.length") + 192,
            _ => reader.UInt32BE("subpacket.length"),
        };
        return length <= (uint)reader.Remaining ? (int)length : throw reader.Malformed($"is {length}, more than there is");
    }
}
