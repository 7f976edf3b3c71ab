using System.Security.Cryptography;

namespace Nacre.Storage.Encryption;

/// <summary>AES-256-GCM with a random nonce in front: nonce (12) ‖ ciphertext ‖ tag (16).</summary>
public static class Sealed
{
    public const int Overhead = NonceSize + TagSize;

    private const int NonceSize = 12;
    private const int TagSize = 16;

    public static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context)
    {
        using var cipher = Cipher(key);
        return Seal(cipher, plaintext, context);
    }

    /// <summary>The plaintext, or null when the key, the context or a byte of it is not the one it was sealed with.</summary>
    public static byte[]? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> context)
    {
        using var cipher = Cipher(key);
        return Open(cipher, sealedBytes, context);
    }

    internal static AesGcm Cipher(ReadOnlySpan<byte> key) => new(key, TagSize);

    internal static byte[] Seal(AesGcm cipher, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context)
    {
        var output = new byte[plaintext.Length + Overhead];
        var nonce = output.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        cipher.Encrypt(nonce, plaintext, output.AsSpan(NonceSize, plaintext.Length), output.AsSpan(NonceSize + plaintext.Length), context);
        return output;
    }

    internal static byte[]? Open(AesGcm cipher, ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> context)
    {
        if (sealedBytes.Length < Overhead)
            return null;

        var plaintext = new byte[sealedBytes.Length - Overhead];
        try
        {
            cipher.Decrypt(sealedBytes[..NonceSize], sealedBytes[NonceSize..^TagSize], sealedBytes[^TagSize..], plaintext, context);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
