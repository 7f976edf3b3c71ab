using System.Buffers;
using System.Buffers.Binary;

namespace Nacre.Attesters.Tpm;

/// <summary>Writes TPM structures: big-endian numbers, and byte strings with a 16-bit length before them.</summary>
internal sealed class TpmWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public TpmWriter UInt8(byte value)
    {
        _buffer.Write([value]);
        return this;
    }

    public TpmWriter UInt16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.GetSpan(2), checked((ushort)value));
        _buffer.Advance(2);
        return this;
    }

    public TpmWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
        return this;
    }

    public TpmWriter Bytes(ReadOnlySpan<byte> value)
    {
        _buffer.Write(value);
        return this;
    }

    /// <summary>A TPM2B.</summary>
    public TpmWriter Sized(ReadOnlySpan<byte> value) => UInt16(value.Length).Bytes(value);

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();
}
