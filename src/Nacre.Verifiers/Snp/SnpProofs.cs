using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Snp;

/// <summary>
/// AMD's signatures that were found good before, by the bytes they are over and the authority they are by: two of RSA-4096 for each report
/// otherwise. Dates, and what a list revokes, are judged each time.
/// </summary>
internal sealed class SnpProofs
{
    private readonly ContentCache<Certificate> _issued = new(4096);
    private readonly ContentCache<CertificateRevocationList> _lists = new(16);

    /// <summary>As <see cref="CertificateIssuance.FindProblem(Certificate, Certificate, VerificationKey, int)"/>.</summary>
    public string? FindProblem(Certificate certificate, (Certificate Certificate, VerificationKey Key) issuer)
    {
        byte[][] content = [issuer.Certificate.Raw.ToArray(), certificate.Raw.ToArray()];
        if (_issued.Find(content) is not null)
            return null;

        var problem = CertificateIssuance.FindProblem(certificate, issuer.Certificate, issuer.Key);
        if (problem is null)
            _issued.Add(content, certificate);
        return problem;
    }

    /// <summary>A list, and why it is not one of <paramref name="root"/>; null when it is.</summary>
    /// <exception cref="MalformedDataException">It is no list.</exception>
    public (CertificateRevocationList List, string? Problem) ReadList(byte[] der, Certificate root)
    {
        byte[][] content = [root.Raw.ToArray(), der];
        if (_lists.Find(content) is { } known)
            return (known, null);

        var list = CertificateRevocationList.Parse(der);
        var problem = list.FindProblem(root);
        if (problem is null)
            _lists.Add(content, list);
        return (list, problem);
    }
}
