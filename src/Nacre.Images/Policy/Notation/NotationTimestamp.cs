using Nacre.Formats;
using Nacre.Formats.Cms;
using Nacre.Formats.X509;
using Nacre.Images.Signatures.Notation;

namespace Nacre.Images.Policy.Notation;

/// <summary>
/// Whether a time stamp shows that a signature was there while its certificates were valid (trust-store-trust-policy.md, "Validate Authentic
/// Timestamp").
/// </summary>
internal static class NotationTimestamp
{
    private const string TimeStamping = "1.3.6.1.5.5.7.3.8";

    /// <param name="token">RFC 3161, over the bytes of the signature.</param>
    /// <param name="envelope">The signature.</param>
    /// <param name="roots">Authorities for time.</param>
    public static string? FindProblem(ReadOnlyMemory<byte> token, NotationEnvelope envelope, IReadOnlyList<Certificate> roots)
    {
        try
        {
            var stamp = TimestampToken.Parse(token);
            if (!stamp.Stamps(envelope.Signature.Span))
                return "its time stamp is one of another signature";
            if (FindSignerProblem(stamp.Signer) is { } problem)
                return $"the certificate {stamp.Signer.Subject} of its time stamp {problem}";
            if (CertificatePath.Find(stamp.Signer, stamp.Certificates, roots, stamp.Time, out var untrusted) is null)
                return $"its time stamp is not by a trusted authority: {untrusted}";
            return NotationChain.FindDateProblem(envelope.Chain, stamp.Time - stamp.Accuracy)
                ?? NotationChain.FindDateProblem(envelope.Chain, stamp.Time + stamp.Accuracy);
        }
        catch (MalformedDataException e)
        {
            return $"its time stamp cannot be read: {e.Message}";
        }
    }

    /// <summary>All that came along with a token; none when it cannot be read, which is a problem of its own.</summary>
    public static IReadOnlyList<Certificate> Certificates(ReadOnlyMemory<byte> token)
    {
        try
        {
            return TimestampToken.Parse(token).Certificates;
        }
        catch (MalformedDataException)
        {
            return [];
        }
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
