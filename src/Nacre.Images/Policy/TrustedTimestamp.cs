using Nacre.Formats;
using Nacre.Formats.Cms;
using Nacre.Formats.X509;

namespace Nacre.Images.Policy;

/// <summary>Whether a time stamp is one over these bytes, by an authority for time that is trusted (RFC 3161).</summary>
internal static class TrustedTimestamp
{
    private const string TimeStamping = "1.3.6.1.5.5.7.3.8";

    /// <param name="stamp">As it was read: its signature is good.</param>
    /// <param name="message">What must be stamped.</param>
    /// <param name="intermediates">May complete the chain, besides what came along with the stamp.</param>
    /// <param name="roots">Authorities for time.</param>
    /// <returns>Null when it is one; else why not.</returns>
    /// <exception cref="MalformedDataException">A certificate cannot be read.</exception>
    public static string? FindProblem(
        TimestampToken stamp, ReadOnlySpan<byte> message, IReadOnlyList<Certificate> intermediates, IReadOnlyList<Certificate> roots)
    {
        if (!stamp.Stamps(message))
            return "its time stamp is one of another signature";
        if (FindSignerProblem(stamp.Signer) is { } problem)
            return $"the certificate {stamp.Signer.Subject} of its time stamp {problem}";
        return CertificatePath.Find(stamp.Signer, [.. stamp.Certificates, .. intermediates], roots, stamp.Time, out var untrusted) is null
            ? $"its time stamp is not by a trusted authority: {untrusted}"
            : null;
    }

    // RFC 3161, section 2.3: for this purpose alone, and critical.
    private static string? FindSignerProblem(Certificate certificate)
    {
        var use = CertificateUse.Read(certificate);
        if (use.Purposes is not [TimeStamping] || !certificate.Extensions.CriticalOids.Contains(CertificateUse.ExtendedKeyUsageOid))
            return "is not for time stamps alone";
        return certificate.Extensions.IsAuthority || !use.MaySignData ? "must not sign data" : null;
    }
}
