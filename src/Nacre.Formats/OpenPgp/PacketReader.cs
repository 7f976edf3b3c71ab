namespace Nacre.Formats.OpenPgp;

/// <summary>
/// Cuts bytes into packets (RFC 9580, section 4.2): both header formats, and for data packets partial and indeterminate lengths as well.
/// Sizes and counts are bounded by the caller.
/// </summary>
internal static class PacketReader
{
    private const int SmallestFirstPart = 512;

    /// <exception cref="MalformedDataException">A header is wrong, a body is cut off, or there are too many packets.</exception>
    public static IReadOnlyList<OpenPgpPacket> Read(string structure, ReadOnlyMemory<byte> bytes, int most)
    {
        var reader = new StructReader(structure, bytes.Span);
        var packets = new List<OpenPgpPacket>();
        while (reader.Remaining > 0)
        {
            if (packets.Count == most)
                throw new MalformedDataException(structure, "(packets)", reader.Offset, $"are more than {most}");
            packets.Add(ReadOne(bytes, ref reader));
        }

        return packets;
    }

    private static OpenPgpPacket ReadOne(ReadOnlyMemory<byte> bytes, ref StructReader reader)
    {
        var offset = reader.Offset;
        var head = reader.UInt8("packet.header");
        if ((head & 0x80) == 0)
            throw reader.Malformed("is no packet header");

        var isNew = (head & 0x40) != 0;
        var type = (PacketType)(isNew ? head & 0x3f : (head >> 2) & 0x0f);
        if ((int)type == 0)
            throw reader.Malformed("has the reserved packet type 0");

        return new(type, isNew ? NewBody(type, bytes, ref reader) : OldBody(head & 3, type, bytes, ref reader), offset);
    }

    private static ReadOnlyMemory<byte> OldBody(int lengthType, PacketType type, ReadOnlyMemory<byte> bytes, ref StructReader reader)
    {
        switch (lengthType)
        {
            case 0:
                return Take(bytes, ref reader, reader.UInt8("packet.length"));
            case 1:
                return Take(bytes, ref reader, reader.UInt16BE("packet.length"));
            case 2:
                return Take(bytes, ref reader, reader.UInt32BE("packet.length"));
            default:
                RequireData(type, in reader);
                return Take(bytes, ref reader, (uint)reader.Remaining);
        }
    }

    private static ReadOnlyMemory<byte> NewBody(PacketType type, ReadOnlyMemory<byte> bytes, ref StructReader reader)
    {
        var (length, isPart) = NewLength(ref reader);
        if (!isPart)
            return Take(bytes, ref reader, length);

        RequireData(type, in reader);
        if (length < SmallestFirstPart)
            throw reader.Malformed($"begins with a part of {length} bytes, it must have at least {SmallestFirstPart}");

        var whole = new List<byte>();
        while (true)
        {
            whole.AddRange(Take(bytes, ref reader, length).Span);
            if (!isPart)
                return whole.ToArray();
            (length, isPart) = NewLength(ref reader);
        }
    }

    private static (uint Length, bool IsPart) NewLength(ref StructReader reader)
    {
        var first = reader.UInt8("packet.length");
        return first switch
        {
            < 192 => (first, false),
            < 224 => ((uint)((first - 192) << 8) + reader.UInt8("packet.length") + 192, false),
            255 => (reader.UInt32BE("packet.length"), false),
            _ => (1u << (first & 0x1f), true),
        };
    }

    private static void RequireData(PacketType type, in StructReader reader)
    {
        if (type is not (PacketType.CompressedData or PacketType.LiteralData))
            throw reader.Malformed($"does not say the length of a packet of type {(int)type}");
    }

    private static ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> bytes, ref StructReader reader, uint length)
    {
        var start = reader.Offset;

        // A length beyond int becomes -1, which the reader refuses as it does any that is too large.
        reader.Bytes(length > int.MaxValue ? -1 : (int)length, "packet.body");
        return bytes.Slice(start, (int)length);
    }
}
