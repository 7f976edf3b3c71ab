using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Nacre.Verifiers.Dcap;

/// <summary>
/// Chains of platforms whose signatures were found good up to the pinned root, by the SHA-256 of the text they came in: a platform sends the
/// same one with every quote. Only what Intel signed is kept. Dates and revocation are judged at each verification. Safe for use by several
/// threads.
/// </summary>
internal sealed class ProvenPckChains
{
    /// <summary>About 20 KB each. Past it, it starts over.</summary>
    public const int Max = 1024;

    private readonly ConcurrentDictionary<UInt256, PckChain> _chains = new();

    public int Count => _chains.Count;

    /// <summary>Null when this very text was not proven before.</summary>
    public PckChain? Find(ReadOnlySpan<byte> text) => _chains.GetValueOrDefault(UInt256.Digest(text));

    public void Add(ReadOnlySpan<byte> text, PckChain chain)
    {
        if (_chains.Count >= Max)
            _chains.Clear();
        _chains.TryAdd(UInt256.Digest(text), chain);
    }

    private readonly record struct UInt256(UInt128 High, UInt128 Low)
    {
        public static UInt256 Digest(ReadOnlySpan<byte> data)
        {
            Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(data, digest);
            return new(BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
        }
    }
}
