using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Nacre.Verifiers.Tpm;

/// <summary>KDFa and KDFe (TPM 2.0 Library part 1, sections 11.4.10.2 and 11.4.10.3), for results that are a whole number of bytes.</summary>
internal static class TpmKeyDerivation
{
    /// <summary>SP 800-108 in counter mode with HMAC.</summary>
    public static byte[] KdfA(
        HashAlgorithmName hash, ReadOnlySpan<byte> key, string label, ReadOnlySpan<byte> contextU, ReadOnlySpan<byte> contextV, int bits)
    {
        var result = new byte[bits / 8];
        for (var (counter, done) = (1u, 0); done < result.Length; counter++)
        {
            using var hmac = IncrementalHash.CreateHMAC(hash, key);
            Append(hmac, counter);
            hmac.AppendData(Label(label));
            hmac.AppendData(contextU);
            hmac.AppendData(contextV);
            Append(hmac, (uint)bits);
            done += Take(hmac, result.AsSpan(done));
        }

        return result;
    }

    /// <summary>SP 800-56A concatenation, for a secret that two parties agreed on.</summary>
    public static byte[] KdfE(
        HashAlgorithmName hash, ReadOnlySpan<byte> z, string use, ReadOnlySpan<byte> partyU, ReadOnlySpan<byte> partyV, int bits)
    {
        var result = new byte[bits / 8];
        for (var (counter, done) = (1u, 0); done < result.Length; counter++)
        {
            using var digest = IncrementalHash.CreateHash(hash);
            Append(digest, counter);
            digest.AppendData(z);
            digest.AppendData(Label(use));
            digest.AppendData(partyU);
            digest.AppendData(partyV);
            done += Take(digest, result.AsSpan(done));
        }

        return result;
    }

    /// <summary>A label with the zero byte that ends it.</summary>
    public static byte[] Label(string label) => Encoding.ASCII.GetBytes(label + '\0');

    private static void Append(IncrementalHash hash, uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        hash.AppendData(bytes);
    }

    private static int Take(IncrementalHash hash, Span<byte> destination)
    {
        Span<byte> block = stackalloc byte[64];
        var count = Math.Min(hash.GetHashAndReset(block), destination.Length);
        block[..count].CopyTo(destination);
        CryptographicOperations.ZeroMemory(block);
        return count;
    }
}
