using System.Security.Cryptography;

namespace Nacre.Verifiers.Tpm;

/// <summary>The comparison of a quote's extraData with the report data that the handshake expects (trust.md 1.7).</summary>
internal static class TpmReportData
{
    private const string Id = "tpm.quote.extra_data";
    private const string Subject = "TPMS_ATTEST.extraData";

    /// <summary>What a quote of upstream's guests holds.</summary>
    private const int Size = 32;

    /// <summary>What quotes of their older releases hold.</summary>
    private const int OldSize = 64;

    public static void Require(CheckList checks, byte[]? expected, ReadOnlySpan<byte> extraData)
    {
        if (expected is null)
        {
            checks.NotMade(Id, Subject, "no report data is expected");
            return;
        }

        var old = extraData.Length == OldSize;
        var padded = Padded(expected, old ? OldSize : Size);
        var form = old ? $"{expected.Length} bytes, padded to {OldSize} as older guests do"
            : expected.Length > Size ? $"the first {Size} of {expected.Length} bytes, because upstream's guests cut a longer digest"
            : $"{expected.Length} bytes, padded to {Size}";

        // An empty expectation would be met by zeros: it binds nothing.
        var passed = expected.Length is > 0 and <= OldSize && CryptographicOperations.FixedTimeEquals(padded, extraData);
        checks.Require(
            passed, Id, Subject, $"{Convert.ToHexStringLower(padded)} ({form})", Convert.ToHexStringLower(extraData),
            "the quote was made for another challenge or another TEE key: attest again, with the nonce just received");
    }

    private static byte[] Padded(ReadOnlySpan<byte> value, int size)
    {
        var padded = new byte[size];
        value[..Math.Min(value.Length, size)].CopyTo(padded);
        return padded;
    }
}
