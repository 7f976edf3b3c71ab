using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Nacre.Formats.Ciphers;

/// <summary>scrypt (RFC 7914), which the framework does not have, by OpenSSL's libcrypto.</summary>
public static partial class Scrypt
{
    private const string Library = "libcrypto.so.3";
    private const ulong MaxMemory = 512UL << 20;

    /// <param name="password">May be empty.</param>
    /// <param name="salt">As it is.</param>
    /// <param name="cost">N, a power of two above 1; r; p. Together at most 512 MiB.</param>
    /// <param name="size">Bytes to derive.</param>
    /// <exception cref="MalformedDataException">The cost is out of range.</exception>
    public static SecretBytes Derive(SecretBytes password, ReadOnlySpan<byte> salt, (long N, long R, long P) cost, int size)
    {
        ArgumentNullException.ThrowIfNull(password);
        var (n, r, p) = cost;
        if (n is < 2 or > 1 << 22 || !BitOperations.IsPow2(n) || r is < 1 or > 64 || p is < 1 or > 64 || (ulong)(128 * n * r) + (ulong)(128 * r * p) > MaxMemory)
            throw new MalformedDataException("scrypt", "(cost)", 0, $"of N {n}, r {r}, p {p} is not accepted");

        var key = new byte[size];
        var secret = password.Reveal();
        var done = EVP_PBE_scrypt(secret, (nuint)secret.Length, salt, (nuint)salt.Length, (ulong)n, (ulong)r, (ulong)p, 2 * MaxMemory, key, (nuint)size);
        return done == 1 ? SecretBytes.Own(key) : throw new CryptographicException("libcrypto failed in scrypt.");
    }

    [LibraryImport(Library)]
    private static partial int EVP_PBE_scrypt(
        ReadOnlySpan<byte> password, nuint passwordLength, ReadOnlySpan<byte> salt, nuint saltLength, ulong n, ulong r, ulong p, ulong maxMemory, Span<byte> key, nuint keyLength);
}
