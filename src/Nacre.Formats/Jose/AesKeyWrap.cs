using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Nacre.Formats.Jose;

/// <summary>
/// AES key wrap with the default initial value (RFC 3394), by OpenSSL's libcrypto. The framework has only the padded form of RFC 5649; over its
/// single blocks this took longer than all other symmetric cryptography of a JWE together.
/// </summary>
public static partial class AesKeyWrap
{
    private const string Library = "libcrypto.so.3";
    private const int Half = 8;
    private const int MaxKey = 1024;

    /// <summary>Wraps a key of at least 16 bytes and a multiple of 8 (RFC 3394 section 2.2.1); the result is 8 bytes longer.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> keyEncryptionKey, ReadOnlySpan<byte> key)
    {
        if (key.Length is < 2 * Half or > MaxKey || key.Length % Half != 0)
            throw new ArgumentException($"must be 16 to {MaxKey} bytes and a multiple of 8", nameof(key));

        var wrapped = new byte[key.Length + Half];
        return Transform(keyEncryptionKey, key, wrapped, isWrap: true)
            ? wrapped : throw new CryptographicException("libcrypto failed in AES key wrap.");
    }

    /// <summary>The wrapped key, or null when it was not wrapped under this key (RFC 3394 section 2.2.2).</summary>
    public static byte[]? Unwrap(ReadOnlySpan<byte> keyEncryptionKey, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length is < 3 * Half or > MaxKey + Half || wrapped.Length % Half != 0)
            return null;

        // libcrypto writes as much as it reads before it knows whether it was right.
        var buffer = new byte[wrapped.Length];
        try
        {
            return Transform(keyEncryptionKey, wrapped, buffer, isWrap: false) ? buffer[..^Half] : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static bool Transform(ReadOnlySpan<byte> key, ReadOnlySpan<byte> source, Span<byte> target, bool isWrap)
    {
        const int wrapAllow = 1; // EVP_CIPHER_CTX_FLAG_WRAP_ALLOW
        var cipher = key.Length switch
        {
            16 => EVP_aes_128_wrap(),
            24 => EVP_aes_192_wrap(),
            32 => EVP_aes_256_wrap(),
            _ => throw new ArgumentException("must be 16, 24 or 32 bytes", nameof(key)),
        };
        var context = EVP_CIPHER_CTX_new();
        try
        {
            if (context == 0)
                throw new CryptographicException("libcrypto has no memory.");

            EVP_CIPHER_CTX_set_flags(context, wrapAllow);
            var expected = isWrap ? source.Length + Half : source.Length - Half;
            if (EVP_CipherInit_ex(context, cipher, 0, key, 0, isWrap ? 1 : 0) == 1
                && EVP_CipherUpdate(context, target, out var written, source, source.Length) == 1 && written == expected)
                return true;

            // What is left in the queue of this thread would be taken for the error of a later call.
            ERR_clear_error();
            return false;
        }
        finally
        {
            EVP_CIPHER_CTX_free(context);
        }
    }

    [LibraryImport(Library)]
    private static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Library)]
    private static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial void EVP_CIPHER_CTX_set_flags(nint context, int flags);

    [LibraryImport(Library)]
    private static partial nint EVP_aes_128_wrap();

    [LibraryImport(Library)]
    private static partial nint EVP_aes_192_wrap();

    [LibraryImport(Library)]
    private static partial nint EVP_aes_256_wrap();

    [LibraryImport(Library)]
    private static partial int EVP_CipherInit_ex(nint context, nint cipher, nint engine, ReadOnlySpan<byte> key, nint iv, int encrypt);

    [LibraryImport(Library)]
    private static partial int EVP_CipherUpdate(nint context, Span<byte> target, out int written, ReadOnlySpan<byte> source, int length);

    [LibraryImport(Library)]
    private static partial void ERR_clear_error();
}
