using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Nacre.Formats.X509;

/// <summary>
/// Public keys that were read before, by their encoding. Reading one proves that its point is on the curve, which costs more than checking a
/// signature with it, and the same processors attest again and again. A key from here belongs to the cache: it must not be disposed.
/// </summary>
public sealed class VerificationKeyCache
{
    // Past it, it starts over: whoever sends new keys without end only makes the others be read again.
    private const int Max = 4096;

    private readonly ConcurrentDictionary<string, VerificationKey> _keys = new(StringComparer.Ordinal);

    /// <exception cref="MalformedDataException">It is no key that is accepted.</exception>
    public VerificationKey Import(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        var name = Convert.ToHexStringLower(subjectPublicKeyInfo);
        return _keys.TryGetValue(name, out var key) ? key : Add(name, VerificationKey.Import(subjectPublicKeyInfo));
    }

    /// <summary>A key on P-256 from x and y, 32 bytes each.</summary>
    /// <exception cref="MalformedDataException">It is no point of the curve.</exception>
    public VerificationKey FromP256Point(ReadOnlySpan<byte> point)
    {
        var name = Convert.ToHexStringLower(point);
        return _keys.TryGetValue(name, out var key) ? key : Add(name, VerificationKey.FromPoint(ECCurve.NamedCurves.nistP256, point[..32], point[32..]));
    }

    private VerificationKey Add(string name, VerificationKey key)
    {
        if (_keys.Count >= Max)
            _keys.Clear();
        return _keys.GetOrAdd(name, key);
    }
}
