using System.Buffers.Binary;
using System.Numerics;

namespace Nacre.Formats.Sm;

/// <summary>The hash SM3 (GB/T 32905-2016, ISO/IEC 10118-3), 32 bytes. The framework has none; it serves evidence of Hygon processors only.</summary>
public static class Sm3
{
    public const int HashSizeInBytes = 32;
    private const int Block = 64;

    public static byte[] HashData(ReadOnlySpan<byte> message)
    {
        Span<uint> state =
        [
            0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
        ];
        var whole = message.Length / Block * Block;
        for (var i = 0; i < whole; i += Block)
            Compress(state, message.Slice(i, Block));

        // One bit, zeros, and the length in bits.
        var rest = message[whole..];
        Span<byte> tail = stackalloc byte[2 * Block];
        tail.Clear();
        rest.CopyTo(tail);
        tail[rest.Length] = 0x80;
        var length = rest.Length < Block - 8 ? Block : 2 * Block;
        BinaryPrimitives.WriteUInt64BigEndian(tail[(length - 8)..], 8ul * (ulong)message.Length);
        for (var i = 0; i < length; i += Block)
            Compress(state, tail.Slice(i, Block));

        var hash = new byte[HashSizeInBytes];
        for (var i = 0; i < state.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(4 * i), state[i]);

        return hash;
    }

    /// <summary>HMAC (RFC 2104) over SM3.</summary>
    public static byte[] HmacData(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message)
    {
        Span<byte> padded = stackalloc byte[Block];
        padded.Clear();
        if (key.Length > Block)
            HashData(key).CopyTo(padded);
        else
            key.CopyTo(padded);

        var inner = new byte[Block + message.Length];
        var outer = new byte[Block + HashSizeInBytes];
        for (var i = 0; i < Block; i++)
            (inner[i], outer[i]) = ((byte)(padded[i] ^ 0x36), (byte)(padded[i] ^ 0x5c));

        message.CopyTo(inner.AsSpan(Block));
        HashData(inner).CopyTo(outer, Block);
        return HashData(outer);
    }

    private static void Compress(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> w = stackalloc uint[68];
        for (var i = 0; i < 16; i++)
            w[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
        for (var i = 16; i < 68; i++)
        {
            var x = w[i - 16] ^ w[i - 9] ^ BitOperations.RotateLeft(w[i - 3], 15);
            w[i] = x ^ BitOperations.RotateLeft(x, 15) ^ BitOperations.RotateLeft(x, 23) ^ BitOperations.RotateLeft(w[i - 13], 7) ^ w[i - 6];
        }

        var (a, b, c, d, e, f, g, h) = (state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]);
        for (var i = 0; i < 64; i++)
        {
            var t = i < 16 ? 0x79cc4519u : 0x7a879d8au;
            var ss1 = BitOperations.RotateLeft(BitOperations.RotateLeft(a, 12) + e + BitOperations.RotateLeft(t, i % 32), 7);
            var ss2 = ss1 ^ BitOperations.RotateLeft(a, 12);
            var ff = i < 16 ? a ^ b ^ c : a & b | a & c | b & c;
            var gg = i < 16 ? e ^ f ^ g : e & f | ~e & g;
            var tt1 = ff + d + ss2 + (w[i] ^ w[i + 4]);
            var tt2 = gg + h + ss1 + w[i];
            (d, c, b, a) = (c, BitOperations.RotateLeft(b, 9), a, tt1);
            (h, g, f, e) = (g, BitOperations.RotateLeft(f, 19), e, tt2 ^ BitOperations.RotateLeft(tt2, 9) ^ BitOperations.RotateLeft(tt2, 17));
        }

        ReadOnlySpan<uint> worked = [a, b, c, d, e, f, g, h];
        for (var i = 0; i < state.Length; i++)
            state[i] ^= worked[i];
    }
}
