using System.Collections.Concurrent;
using System.Security.Cryptography;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Nvidia;

/// <summary>
/// Chains whose signatures were found good. A device sends the same certificates with every report, and checking them costs five times what the
/// report does. Only signatures are remembered, which do not change; dates and the root are judged each time.
/// </summary>
internal sealed class ProvenChains
{
    // Far more devices than one server sees between two restarts; past it, it starts over.
    private const int Max = 4096;

    private readonly ConcurrentDictionary<string, bool> _digests = new();

    public bool Contains(IReadOnlyList<Certificate> chain) => _digests.ContainsKey(Digest(chain));

    public void Add(IReadOnlyList<Certificate> chain)
    {
        if (_digests.Count >= Max)
            _digests.Clear();
        _digests.TryAdd(Digest(chain), true);
    }

    // DER says where each certificate ends, so the digest of all is that of this chain and no other.
    private static string Digest(IReadOnlyList<Certificate> chain)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var certificate in chain)
            hash.AppendData(certificate.Raw.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
