using System.Buffers.Binary;

namespace Nacre.Formats;

/// <summary>
/// Reads a binary structure front to back. Each read names its field, so that a failure says where it happened and callers need not.
/// </summary>
public ref struct StructReader(string structure, ReadOnlySpan<byte> source)
{
    private readonly ReadOnlySpan<byte> _source = source;
    private readonly string _structure = structure;
    private string _field = "(start)";
    private int _fieldOffset;

    public int Offset { get; private set; }

    public readonly int Remaining => _source.Length - Offset;

    public ReadOnlySpan<byte> Bytes(int count, string field)
    {
        (_field, _fieldOffset) = (field, Offset);

        // The cast also refuses a negative count, which arithmetic on a wire value can produce.
        if ((uint)count > (uint)Remaining)
            throw Malformed($"needs {count} bytes, {Remaining} are left");

        Offset += count;
        return _source.Slice(_fieldOffset, count);
    }

    public byte UInt8(string field) => Bytes(1, field)[0];
    public ushort UInt16LE(string field) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2, field));
    public uint UInt32LE(string field) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4, field));
    public ulong UInt64LE(string field) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8, field));
    public ushort UInt16BE(string field) => BinaryPrimitives.ReadUInt16BigEndian(Bytes(2, field));
    public uint UInt32BE(string field) => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4, field));
    public ulong UInt64BE(string field) => BinaryPrimitives.ReadUInt64BigEndian(Bytes(8, field));

    /// <summary>Bytes with a big-endian 16-bit length before them (TPM2B, TLS vectors), at most <paramref name="max"/> long.</summary>
    public ReadOnlySpan<byte> Sized16BE(string field, int max)
    {
        var length = UInt16BE(field);
        return length <= max ? Bytes(length, field) : throw Malformed($"is {length} bytes long, at most {max} are allowed");
    }

    /// <summary>Skips bytes that the specification reserves; they must be zero.</summary>
    public void Reserved(int count, string field)
    {
        var used = Bytes(count, field).IndexOfAnyExcept((byte)0);
        if (used < 0)
            return;

        _fieldOffset += used;
        throw Malformed("is reserved and must be zero");
    }

    /// <summary>Refuses trailing bytes: two different inputs must never mean the same thing.</summary>
    public void End()
    {
        Bytes(0, "(end)");
        if (Remaining != 0)
            throw Malformed($"{Remaining} bytes are left over");
    }

    /// <summary>The error to throw when the field just read breaks <paramref name="rule"/>.</summary>
    public readonly MalformedDataException Malformed(string rule) => new(_structure, _field, _fieldOffset, rule);
}
