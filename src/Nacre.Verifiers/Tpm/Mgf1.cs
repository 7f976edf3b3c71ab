using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nacre.Verifiers.Tpm;

/// <summary>The mask generation function of RFC 8017, appendix B.2.1.</summary>
internal static class Mgf1
{
    /// <summary>Exclusive-ors the mask that <paramref name="seed"/> gives into <paramref name="target"/>.</summary>
    public static void Apply(HashAlgorithmName hash, ReadOnlySpan<byte> seed, Span<byte> target)
    {
        Span<byte> counter = stackalloc byte[4];
        Span<byte> block = stackalloc byte[64];
        for (var (i, at) = (0u, 0); at < target.Length; i++)
        {
            using var digest = IncrementalHash.CreateHash(hash);
            digest.AppendData(seed);
            BinaryPrimitives.WriteUInt32BigEndian(counter, i);
            digest.AppendData(counter);
            var length = digest.GetHashAndReset(block);
            for (var j = 0; j < length && at < target.Length; j++)
                target[at++] ^= block[j];
        }
    }
}
