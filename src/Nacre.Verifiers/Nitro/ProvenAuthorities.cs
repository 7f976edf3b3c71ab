using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Nitro;

/// <summary>
/// Authorities whose signatures were found good, from the pinned root down. All enclaves of a machine send the same ones, and checking them
/// costs more than the rest of a document. Only signatures are remembered, which do not change; dates are judged each time.
/// Safe for use by several threads.
/// </summary>
internal sealed class ProvenAuthorities
{
    // More machines than one server sees in a day. Past it, it starts over.
    private const int Max = 1024;

    private readonly ConcurrentDictionary<string, IReadOnlyList<Certificate>> _byDigest = new(StringComparer.Ordinal);

    /// <summary>Null when these very bytes were not proven before.</summary>
    public IReadOnlyList<Certificate>? Find(IReadOnlyList<byte[]> authorities) => _byDigest.GetValueOrDefault(Digest(authorities));

    public void Add(IReadOnlyList<byte[]> authorities, IReadOnlyList<Certificate> proven)
    {
        if (_byDigest.Count >= Max)
            _byDigest.Clear();
        _byDigest.TryAdd(Digest(authorities), proven);
    }

    // The length before each, so that no two lists are the same bytes.
    private static string Digest(IReadOnlyList<byte[]> authorities)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var authority in authorities)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, authority.Length);
            hash.AppendData(length);
            hash.AppendData(authority);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
