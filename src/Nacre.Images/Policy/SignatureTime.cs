using Nacre.Formats;
using Nacre.Formats.Cms;
using Nacre.Images.Signatures.Sigstore;

namespace Nacre.Images.Policy;

/// <summary>
/// When a signature was made, by the word of somebody who is trusted for it: a log that keeps the time of its entries (Rekor v1), or an
/// authority for time stamps, which logs that keep none need (Rekor v2).
/// </summary>
internal static class SignatureTime
{
    // Year 9999, the last that a date here can have.
    private const long LastSecond = 253_402_300_799;

    /// <param name="signature">Its log entry was found to be right.</param>
    /// <param name="trust">Has the authorities.</param>
    /// <param name="problem">Why there is none; null when there is one.</param>
    /// <returns>Every time at which a certificate must have been valid; empty with a problem.</returns>
    public static IReadOnlyList<DateTimeOffset> Find(ImageSignature signature, SigstoreTrust trust, out string? problem)
    {
        problem = null;
        if (signature.LogEntry is { IntegratedTime: > 0 and <= LastSecond } entry)
            return [DateTimeOffset.FromUnixTimeSeconds(entry.IntegratedTime)];

        if (trust.TimeRoots.Count == 0)
        {
            problem = "its log keeps no time, and the policy names no timestampAuthority that could say when it was made";
            return [];
        }

        problem = "its log keeps no time, and no time stamp came along";
        var times = new List<DateTimeOffset>();
        foreach (var response in signature.Timestamps)
        {
            if (Read(response, signature, trust, out var stamp) is { } wrong)
                problem = wrong;
            else
                times.Add(stamp.Time);
        }

        if (times.Count > 0)
            problem = null;
        return times;
    }

    private static string? Read(byte[] response, ImageSignature signature, SigstoreTrust trust, out TimestampToken stamp)
    {
        stamp = null!;
        try
        {
            stamp = TimestampToken.ParseResponse(response, [.. trust.TimeIntermediates, .. trust.TimeRoots]);
            return TrustedTimestamp.FindProblem(stamp, signature.Signature, trust.TimeIntermediates, trust.TimeRoots);
        }
        catch (MalformedDataException e)
        {
            return $"its time stamp cannot be read: {e.Message}";
        }
    }
}
