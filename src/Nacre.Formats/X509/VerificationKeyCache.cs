using System.Security.Cryptography;

namespace Nacre.Formats.X509;

/// <summary>
/// Public keys that were read before, by their encoding. Reading one proves that its point is on the curve, which costs more than checking a
/// signature with it, and the same processors attest again and again. A key from here belongs to the cache: it must not be disposed.
/// </summary>
public sealed class VerificationKeyCache
{
    private readonly ContentCache<VerificationKey> _keys = new(4096);

    /// <exception cref="MalformedDataException">It is no key that is accepted.</exception>
    public VerificationKey Import(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        _keys.Find(subjectPublicKeyInfo) ?? _keys.Add(subjectPublicKeyInfo, VerificationKey.Import(subjectPublicKeyInfo));

    /// <summary>A key on P-256 from x and y, 32 bytes each.</summary>
    /// <exception cref="MalformedDataException">It is no point of the curve.</exception>
    public VerificationKey FromP256Point(ReadOnlySpan<byte> point) =>
        _keys.Find(point) ?? _keys.Add(point, VerificationKey.FromPoint(ECCurve.NamedCurves.nistP256, point[..32], point[32..]));
}
