using System.Security.Cryptography;

namespace Nacre.Verifiers.Tpm;

/// <summary>The binding of init data: extended once into PCR 8 at boot (guest.md 1.7).</summary>
internal static class TpmInitData
{
    private const string Id = "tpm.init_data";
    private const string Subject = "PCR 8";
    private const int Size = 32;

    public static void Require(CheckList checks, byte[]? expected, byte[] pcr)
    {
        if (expected is null)
        {
            checks.NotMade(Id, Subject, "no init data is expected");
            return;
        }

        var computed = PcrAfter(expected);
        var form = expected.Length > Size ? $" (the first {Size} of {expected.Length} bytes of the digest, as upstream's guests extend it)" : "";
        checks.Require(
            expected.Length > 0 && computed.AsSpan().SequenceEqual(pcr), Id, Subject,
            Convert.ToHexStringLower(computed) + form, Convert.ToHexStringLower(pcr),
            "the guest was started with other init data, or something else extended PCR 8");
    }

    /// <summary>SHA-256(0³² ‖ digest), the digest padded or cut to 32 bytes.</summary>
    private static byte[] PcrAfter(ReadOnlySpan<byte> digest)
    {
        Span<byte> extended = stackalloc byte[2 * Size];
        extended.Clear();
        digest[..Math.Min(digest.Length, Size)].CopyTo(extended[Size..]);
        return SHA256.HashData(extended);
    }
}
