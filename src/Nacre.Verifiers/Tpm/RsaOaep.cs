using System.Numerics;
using System.Security.Cryptography;

namespace Nacre.Verifiers.Tpm;

/// <summary>
/// RSAES-OAEP encryption with a label (RFC 8017, section 7.1.1), which the framework's RSA does not offer. Only the public operation: there
/// is no private key here whose use could leak through timing.
/// </summary>
internal static class RsaOaep
{
    public static byte[] Encrypt(RSAParameters key, HashAlgorithmName hash, ReadOnlySpan<byte> label, ReadOnlySpan<byte> message)
    {
        var size = key.Modulus!.Length;
        var labelHash = CryptographicOperations.HashData(hash, label);
        var h = labelHash.Length;
        if (message.Length > size - 2 * h - 2)
            throw new ArgumentException("the message is too long for the key", nameof(message));

        // EM = 00 ‖ seed ‖ DB, DB = lHash ‖ 00… ‖ 01 ‖ message.
        var encoded = new byte[size];
        var seed = encoded.AsSpan(1, h);
        var block = encoded.AsSpan(1 + h);
        labelHash.CopyTo(block);
        block[^(message.Length + 1)] = 1;
        message.CopyTo(block[^message.Length..]);

        RandomNumberGenerator.Fill(seed);
        Mgf1.Apply(hash, seed, block);
        Mgf1.Apply(hash, block, seed);
        try
        {
            var number = BigInteger.ModPow(Unsigned(encoded), Unsigned(key.Exponent), Unsigned(key.Modulus));
            var result = new byte[size];
            number.TryWriteBytes(result.AsSpan(size - number.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
            return result;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(encoded);
        }
    }

    private static BigInteger Unsigned(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
