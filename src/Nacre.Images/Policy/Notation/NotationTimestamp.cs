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
    /// <param name="token">RFC 3161, over the bytes of the signature.</param>
    /// <param name="envelope">The signature.</param>
    /// <param name="roots">Authorities for time.</param>
    public static string? FindProblem(ReadOnlyMemory<byte> token, NotationEnvelope envelope, IReadOnlyList<Certificate> roots)
    {
        try
        {
            var stamp = TimestampToken.Parse(token);
            if (TrustedTimestamp.FindProblem(stamp, envelope.Signature.Span, [], roots) is { } problem)
                return problem;
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
}
