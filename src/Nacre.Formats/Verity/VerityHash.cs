using System.Security.Cryptography;

namespace Nacre.Formats.Verity;

/// <summary>Digests of blocks: H(salt ‖ block), or H(block ‖ salt) in trees of type 0. One thread at a time.</summary>
public sealed class VerityHash(VerityParameters parameters) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(parameters.Algorithm.Hash);

    /// <summary>Writes the digest of a block of data, or of a whole hash block.</summary>
    public void Compute(ReadOnlySpan<byte> block, Span<byte> digest)
    {
        if (parameters.HashType == 1)
            _hash.AppendData(parameters.Salt.Span);
        _hash.AppendData(block);
        if (parameters.HashType == 0)
            _hash.AppendData(parameters.Salt.Span);
        _hash.GetHashAndReset(digest);
    }

    public void Dispose() => _hash.Dispose();
}
