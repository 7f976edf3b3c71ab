using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Nacre.Formats.Ciphers;

/// <summary>
/// AES-256 in counter mode with a 128-bit big-endian counter (NIST SP 800-38A 6.5), which the framework does not offer: libcrypto 3 does
/// the work. It lives here and not with the system calls because it is a cipher, and because it neither opens nor reads anything.
/// Encrypting and decrypting are the same. Authenticates nothing.
/// </summary>
public sealed partial class AesCtr : IDisposable
{
    public const int KeySize = 32;
    public const int BlockSize = 16;

    private const string Library = "libcrypto.so.3";
    private readonly nint _context;
    private bool _disposed;

    public AesCtr(ReadOnlySpan<byte> key, ReadOnlySpan<byte> counter)
    {
        if (key.Length != KeySize)
            throw new ArgumentException($"A key of {KeySize} bytes is needed.", nameof(key));
        if (counter.Length != BlockSize)
            throw new ArgumentException($"A counter block of {BlockSize} bytes is needed.", nameof(counter));

        _context = EVP_CIPHER_CTX_new();
        if (_context == 0 || EVP_EncryptInit_ex(_context, EVP_aes_256_ctr(), 0, in key[0], in counter[0]) != 1)
        {
            EVP_CIPHER_CTX_free(_context);
            throw new CryptographicException("libcrypto refused AES-256-CTR.");
        }
    }

    /// <summary>Continues the key stream over <paramref name="source"/>. <paramref name="target"/> may be the same memory.</summary>
    public void Transform(ReadOnlySpan<byte> source, Span<byte> target)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (target.Length < source.Length)
            throw new ArgumentException("The target is shorter than the source.", nameof(target));
        if (source.IsEmpty)
            return;

        if (EVP_EncryptUpdate(_context, ref target[0], out var written, in source[0], source.Length) != 1 || written != source.Length)
            throw new CryptographicException("libcrypto failed in AES-256-CTR.");
    }

    public void Dispose()
    {
        if (_disposed)
            return;

        _disposed = true;
        EVP_CIPHER_CTX_free(_context);
    }

    [LibraryImport(Library)]
    private static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Library)]
    private static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial nint EVP_aes_256_ctr();

    [LibraryImport(Library)]
    private static partial int EVP_EncryptInit_ex(nint context, nint cipher, nint engine, in byte key, in byte iv);

    [LibraryImport(Library)]
    private static partial int EVP_EncryptUpdate(nint context, ref byte target, out int written, in byte source, int length);
}
