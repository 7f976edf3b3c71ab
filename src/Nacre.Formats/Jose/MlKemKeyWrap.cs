using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nacre.Formats.Jose;

/// <summary>
/// Key management <c>ML-KEM-768+A192KW</c> (draft-ietf-jose-pqc-kem-05, trust.md 1.9): the content key is wrapped with AES-192 under what
/// KMAC256 derives from the secret that was encapsulated.
/// </summary>
public static class MlKemKeyWrap
{
    public const string Algorithm = "ML-KEM-768+A192KW";
    public const int PublicKeySize = 1184;
    public const int CiphertextSize = 1088;
    private const int SharedSecretSize = 32;
    private const int WrappingKeySize = 24;

    /// <summary>Why this machine cannot do it; null when it can.</summary>
    public static string? FindProblem() => MLKem.IsSupported && Kmac256.IsSupported
        ? null : $"{Algorithm} needs OpenSSL 3.5 or newer, which is not on this machine";

    /// <param name="kem">The key of the recipient, or the pair of it.</param>
    /// <param name="contentKey">What to wrap.</param>
    internal static (byte[] Ciphertext, byte[] EncryptedKey) Wrap(MLKem kem, ReadOnlySpan<byte> contentKey)
    {
        var ciphertext = new byte[CiphertextSize];
        Span<byte> shared = stackalloc byte[SharedSecretSize];
        Span<byte> wrappingKey = stackalloc byte[WrappingKeySize];
        try
        {
            kem.Encapsulate(ciphertext, shared);
            Derive(shared, wrappingKey);
            return (ciphertext, AesKeyWrap.Wrap(wrappingKey, contentKey));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(wrappingKey);
        }
    }

    /// <returns>Null when it was not wrapped for this key; a changed ciphertext gives another secret, no error (FIPS 203, 6.3).</returns>
    internal static byte[]? Unwrap(MLKem kem, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> encryptedKey)
    {
        Span<byte> shared = stackalloc byte[SharedSecretSize];
        Span<byte> wrappingKey = stackalloc byte[WrappingKeySize];
        try
        {
            kem.Decapsulate(ciphertext, shared);
            Derive(shared, wrappingKey);
            return AesKeyWrap.Unwrap(wrappingKey, encryptedKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(wrappingKey);
        }
    }

    /// <summary>Whether each of the 768 coefficients, 12 bits in little-endian order, is below 3329 (FIPS 203 section 7.2).</summary>
    internal static bool IsReduced(ReadOnlySpan<byte> publicKey)
    {
        const int q = 3329;
        const int seed = 32;
        for (var coefficients = publicKey[..^seed]; !coefficients.IsEmpty; coefficients = coefficients[3..])
        {
            if ((coefficients[0] | ((coefficients[1] & 0x0F) << 8)) >= q || ((coefficients[1] >> 4) | (coefficients[2] << 4)) >= q)
                return false;
        }

        return true;
    }

    /// <summary>KMAC256 keyed with the secret, over the length and name of the algorithm and the size of the key in bits.</summary>
    internal static void Derive(ReadOnlySpan<byte> sharedSecret, Span<byte> wrappingKey)
    {
        Span<byte> info = stackalloc byte[4 + 17 + 4];
        BinaryPrimitives.WriteInt32BigEndian(info, Algorithm.Length);
        System.Text.Encoding.ASCII.GetBytes(Algorithm, info[4..]);
        BinaryPrimitives.WriteInt32BigEndian(info[^4..], wrappingKey.Length * 8);
        Kmac256.HashData(sharedSecret, info, wrappingKey);
    }
}
