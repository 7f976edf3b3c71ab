using System.Numerics;
using System.Security.Cryptography;

namespace Nacre.Verifiers.Tpm;

/// <summary>
/// RSASSA-PSS verification with a salt of any length (RFC 8017, section 9.1.2). A TPM takes the longest salt that fits, or in FIPS mode
/// one as long as the hash (part 1, B.7); the framework verifies only the latter.
/// </summary>
internal static class RsaPss
{
    public static bool Verify(RSAParameters key, HashAlgorithmName hash, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        var modulus = Unsigned(key.Modulus);
        var number = Unsigned(signature);
        if (signature.Length != key.Modulus!.Length || number >= modulus)
            return false;

        var bits = (int)modulus.GetBitLength() - 1;
        var encoded = new byte[(bits + 7) / 8];
        var opened = BigInteger.ModPow(number, Unsigned(key.Exponent), modulus);
        var length = opened.GetByteCount(isUnsigned: true);
        if (length > encoded.Length || !opened.TryWriteBytes(encoded.AsSpan(encoded.Length - length), out _, isUnsigned: true, isBigEndian: true))
            return false;

        return IsEncodingOf(encoded, bits, hash, CryptographicOperations.HashData(hash, message));
    }

    // EM = maskedDB ‖ H ‖ bc, DB = 00… ‖ 01 ‖ salt.
    private static bool IsEncodingOf(Span<byte> encoded, int bits, HashAlgorithmName hash, ReadOnlySpan<byte> messageHash)
    {
        var h = messageHash.Length;
        var unusedBits = 8 * encoded.Length - bits;
        if (encoded.Length < h + 2 || encoded[^1] != 0xbc || encoded[0] >> (8 - unusedBits) != 0)
            return false;

        var block = encoded[..^(h + 1)];
        var expected = encoded[^(h + 1)..^1];
        Mgf1.Apply(hash, expected, block);
        block[0] &= (byte)(0xff >> unusedBits);

        var one = block.IndexOfAnyExcept((byte)0);
        if (one < 0 || block[one] != 1)
            return false;

        using var digest = IncrementalHash.CreateHash(hash);
        digest.AppendData(new byte[8]);
        digest.AppendData(messageHash);
        digest.AppendData(block[(one + 1)..]);
        return CryptographicOperations.FixedTimeEquals(digest.GetHashAndReset(), expected);
    }

    private static BigInteger Unsigned(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
