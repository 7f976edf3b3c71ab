using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Nacre.Formats.Ciphers;

/// <summary>
/// NaCl's secret box: XSalsa20 with Poly1305 (D. J. Bernstein, "Extending the Salsa20 nonce" and "The Poly1305-AES message-authentication
/// code"). Only opening, for key files of this machine: the arithmetic does not hide its time, and nobody far away can measure it.
/// </summary>
public static class SecretBox
{
    public const int KeySize = 32;
    public const int NonceSize = 24;
    public const int TagSize = 16;
    private static readonly BigInteger s_prime = (BigInteger.One << 130) - 5;

    /// <summary>Null when the tag is not right.</summary>
    /// <param name="key"><see cref="KeySize"/> bytes.</param>
    /// <param name="nonce"><see cref="NonceSize"/> bytes.</param>
    /// <param name="box">Tag, then what is encrypted.</param>
    public static SecretBytes? Open(SecretBytes key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> box)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Reveal().Length != KeySize || nonce.Length != NonceSize || box.Length < TagSize)
            return null;

        // The first 32 bytes of the key stream are Poly1305's key; the content follows in the same block.
        var cipher = box[TagSize..];
        var stream = new byte[KeySize + cipher.Length];
        Span<byte> inner = stackalloc byte[KeySize];
        Span<byte> tag = stackalloc byte[TagSize];
        try
        {
            DeriveKey(key.Reveal(), nonce[..16], inner);
            KeyStream(inner, nonce[16..], stream);
            Authenticate(stream.AsSpan(0, KeySize), cipher, tag);
            if (!CryptographicOperations.FixedTimeEquals(tag, box[..TagSize]))
                return null;

            var content = cipher.ToArray();
            for (var i = 0; i < content.Length; i++)
                content[i] ^= stream[KeySize + i];
            return SecretBytes.Own(content);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(stream);
            CryptographicOperations.ZeroMemory(inner);
        }
    }

    // HSalsa20: the rounds without the addition, words 0, 5, 10, 15, 6, 7, 8, 9.
    private static void DeriveKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, Span<byte> output)
    {
        Span<uint> state = stackalloc uint[16];
        Load(state, key, nonce);
        Rounds(state);
        ReadOnlySpan<int> words = [0, 5, 10, 15, 6, 7, 8, 9];
        for (var i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(output[(4 * i)..], state[words[i]]);
        state.Clear();
    }

    private static void KeyStream(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, Span<byte> output)
    {
        Span<uint> start = stackalloc uint[16];
        Span<uint> state = stackalloc uint[16];
        Span<byte> block = stackalloc byte[64];
        Span<byte> input = stackalloc byte[16];
        nonce.CopyTo(input);
        for (var counter = 0UL; !output.IsEmpty; counter++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(input[8..], counter);
            Load(start, key, input);
            start.CopyTo(state);
            Rounds(state);
            for (var i = 0; i < 16; i++)
                BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], state[i] + start[i]);

            var count = Math.Min(block.Length, output.Length);
            block[..count].CopyTo(output);
            output = output[count..];
        }

        start.Clear();
        state.Clear();
        block.Clear();
    }

    private static void Load(Span<uint> state, ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        // "expand 32-byte k" on the diagonal.
        (state[0], state[5], state[10], state[15]) = (0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);
        for (var i = 0; i < 4; i++)
        {
            state[1 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
            state[11 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(16 + 4 * i)..]);
            state[6 + i] = BinaryPrimitives.ReadUInt32LittleEndian(input[(4 * i)..]);
        }
    }

    private static void Rounds(Span<uint> x)
    {
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 4; i++)
                Quarter(x, 5 * i, (5 * i + 4) % 16, (5 * i + 8) % 16, (5 * i + 12) % 16);
            for (var i = 0; i < 4; i++)
                Quarter(x, 5 * i, 4 * i + (i + 1) % 4, 4 * i + (i + 2) % 4, 4 * i + (i + 3) % 4);
        }
    }

    private static void Quarter(Span<uint> x, int a, int b, int c, int d)
    {
        x[b] ^= BitOperations.RotateLeft(x[a] + x[d], 7);
        x[c] ^= BitOperations.RotateLeft(x[b] + x[a], 9);
        x[d] ^= BitOperations.RotateLeft(x[c] + x[b], 13);
        x[a] ^= BitOperations.RotateLeft(x[d] + x[c], 18);
    }

    private static void Authenticate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, Span<byte> tag)
    {
        Span<byte> clamped = stackalloc byte[16];
        key[..16].CopyTo(clamped);
        for (var i = 3; i < 16; i += 4)
            clamped[i] &= 15;
        for (var i = 4; i < 16; i += 4)
            clamped[i] &= 252;

        var r = new BigInteger(clamped, isUnsigned: true);
        var sum = BigInteger.Zero;
        Span<byte> block = stackalloc byte[17];
        for (; !message.IsEmpty; message = message[Math.Min(16, message.Length)..])
        {
            var part = message[..Math.Min(16, message.Length)];
            block.Clear();
            part.CopyTo(block);
            block[part.Length] = 1;
            sum = (sum + new BigInteger(block, isUnsigned: true)) * r % s_prime;
        }

        sum += new BigInteger(key[16..32], isUnsigned: true);
        Span<byte> bytes = stackalloc byte[20];
        bytes.Clear();
        _ = sum.TryWriteBytes(bytes, out _, isUnsigned: true);
        bytes[..TagSize].CopyTo(tag);
    }
}
