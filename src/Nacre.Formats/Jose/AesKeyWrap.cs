using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nacre.Formats.Jose;

/// <summary>AES key wrap with the default initial value (RFC 3394). The framework has only the padded form of RFC 5649.</summary>
public static class AesKeyWrap
{
    private const ulong InitialValue = 0xA6A6A6A6A6A6A6A6;
    private const int Half = 8;

    /// <summary>Wraps a key of at least 16 bytes and a multiple of 8 (RFC 3394 section 2.2.1); the result is 8 bytes longer.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> keyEncryptionKey, ReadOnlySpan<byte> key)
    {
        if (key.Length < 16 || key.Length % Half != 0)
            throw new ArgumentException("must be 16 bytes or more and a multiple of 8", nameof(key));

        using var aes = Cipher(keyEncryptionKey);
        using var encrypt = aes.CreateEncryptor();
        var wrapped = new byte[key.Length + Half];
        key.CopyTo(wrapped.AsSpan(Half));
        var block = new byte[16];
        var a = InitialValue;
        var n = key.Length / Half;
        for (var j = 0; j < 6; j++)
        {
            for (var i = 1; i <= n; i++)
            {
                BinaryPrimitives.WriteUInt64BigEndian(block, a);
                wrapped.AsSpan(i * Half, Half).CopyTo(block.AsSpan(Half));
                encrypt.TransformBlock(block, 0, 16, block, 0);
                a = BinaryPrimitives.ReadUInt64BigEndian(block) ^ (ulong)(n * j + i);
                block.AsSpan(Half).CopyTo(wrapped.AsSpan(i * Half));
            }
        }

        BinaryPrimitives.WriteUInt64BigEndian(wrapped, a);
        CryptographicOperations.ZeroMemory(block);
        return wrapped;
    }

    /// <summary>The wrapped key, or null when it was not wrapped under this key (RFC 3394 section 2.2.2).</summary>
    public static byte[]? Unwrap(ReadOnlySpan<byte> keyEncryptionKey, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length < 24 || wrapped.Length % Half != 0)
            return null;

        using var aes = Cipher(keyEncryptionKey);
        using var decrypt = aes.CreateDecryptor();
        var key = wrapped[Half..].ToArray();
        var block = new byte[16];
        var a = BinaryPrimitives.ReadUInt64BigEndian(wrapped);
        var n = key.Length / Half;
        for (var j = 5; j >= 0; j--)
        {
            for (var i = n; i >= 1; i--)
            {
                BinaryPrimitives.WriteUInt64BigEndian(block, a ^ (ulong)(n * j + i));
                key.AsSpan((i - 1) * Half, Half).CopyTo(block.AsSpan(Half));
                decrypt.TransformBlock(block, 0, 16, block, 0);
                a = BinaryPrimitives.ReadUInt64BigEndian(block);
                block.AsSpan(Half).CopyTo(key.AsSpan((i - 1) * Half));
            }
        }

        CryptographicOperations.ZeroMemory(block);
        if (a == InitialValue)
            return key;

        CryptographicOperations.ZeroMemory(key);
        return null;
    }

    private static Aes Cipher(ReadOnlySpan<byte> key)
    {
        var aes = Aes.Create();
#pragma warning disable CA5358 // RFC 3394 is defined over single blocks; the chaining is the algorithm above.
        aes.Mode = CipherMode.ECB;
#pragma warning restore CA5358
        aes.Padding = PaddingMode.None;
        aes.SetKey(key);
        return aes;
    }
}
