using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Nacre.Formats.Jose;

/// <summary>The Concat KDF as JOSE uses it for a 256-bit key (RFC 7518 section 4.6.2), without PartyUInfo and PartyVInfo: one round.</summary>
public static class ConcatKdf
{
    public static byte[] Derive256(ReadOnlySpan<byte> sharedSecret, string algorithm)
    {
        Span<byte> input = stackalloc byte[4 + 66 + 4 + 32 + 12];
        var at = 0;
        Put(input, ref at, 1);
        sharedSecret.CopyTo(input[at..]);
        at += sharedSecret.Length;
        Put(input, ref at, (uint)algorithm.Length);
        at += Encoding.ASCII.GetBytes(algorithm, input[at..]);
        Put(input, ref at, 0);
        Put(input, ref at, 0);
        Put(input, ref at, 256);

        var key = SHA256.HashData(input[..at]);
        CryptographicOperations.ZeroMemory(input);
        return key;
    }

    private static void Put(Span<byte> output, ref int at, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(output[at..], value);
        at += 4;
    }
}
