using System.Collections.Concurrent;
using System.Security.Cryptography;
using Nacre.Formats;

namespace Nacre.Storage.Encryption;

/// <summary>
/// A key that seals often: ciphers that were set up with it are used again, which takes most of the time off short values. The key stays the
/// caller's, and must outlive this object. Safe for concurrent use.
/// </summary>
public sealed class SealingKey(SecretBytes key) : IDisposable
{
    private const int MaxIdle = 16;

    private readonly ConcurrentBag<AesGcm> _idle = [];

    /// <inheritdoc cref="Sealed.Seal(ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public byte[] Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> context)
    {
        var cipher = Rent();
        try
        {
            return Sealed.Seal(cipher, plaintext, context);
        }
        finally
        {
            Return(cipher);
        }
    }

    /// <inheritdoc cref="Sealed.Open(ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public byte[]? Open(ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> context)
    {
        var cipher = Rent();
        try
        {
            return Sealed.Open(cipher, sealedBytes, context);
        }
        finally
        {
            Return(cipher);
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var cipher))
            cipher.Dispose();
    }

    // A cipher is used by one thread at a time.
    private AesGcm Rent() => _idle.TryTake(out var idle) ? idle : Sealed.Cipher(key.Reveal());

    private void Return(AesGcm cipher)
    {
        if (_idle.Count < MaxIdle)
            _idle.Add(cipher);
        else
            cipher.Dispose();
    }
}
