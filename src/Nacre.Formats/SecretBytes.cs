using System.Diagnostics;
using System.Security.Cryptography;

namespace Nacre.Formats;

/// <summary>
/// Bytes that must not be seen: prints as <c>[secret]</c>, has no members a serialiser would write, and is zeroed on dispose.
/// Owns its array; take the bytes only through <see cref="Reveal"/>, and do not keep them.
/// </summary>
[DebuggerDisplay("[secret]")]
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    private SecretBytes(byte[] bytes) => _bytes = bytes;

    /// <summary>Takes over <paramref name="bytes"/>: the caller must not use the array again.</summary>
    public static SecretBytes Own(byte[] bytes) => new(bytes);

    public static SecretBytes Copy(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    public static SecretBytes Random(int count) => new(RandomNumberGenerator.GetBytes(count));

    /// <summary>The bytes themselves. The name is meant to be seen in a review.</summary>
    public ReadOnlySpan<byte> Reveal()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _bytes;
    }

    public override string ToString() => "[secret]";

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }
}
