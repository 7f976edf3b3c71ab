namespace Nacre.Formats.X509;

/// <summary>A chain from a certificate to a root that is trusted, built from what is at hand (RFC 5280, section 6, without revocation).</summary>
public static class CertificatePath
{
    private const int LongestChain = 6;
    private const int MostIntermediates = 32;

    /// <summary>Critical extensions of authorities that are understood here.</summary>
    private static readonly string[] s_understood = [CertificateExtensions.BasicConstraintsOid, CertificateExtensions.KeyUsageOid, CertificateUse.ExtendedKeyUsageOid];

    /// <summary>
    /// The certificate, then its issuers, the root last, all valid at <paramref name="at"/>; or null, and why the last try failed. What the
    /// certificate itself may be used for is the caller's to check.
    /// </summary>
    public static IReadOnlyList<Certificate>? Find(
        Certificate certificate, IReadOnlyList<Certificate> intermediates, IReadOnlyList<Certificate> roots, DateTimeOffset at, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(intermediates);
        problem = $"its issuer {certificate.Issuer} is not known";
        return intermediates.Count > MostIntermediates ? null : Extend([certificate], intermediates, roots, at, ref problem);
    }

    private static List<Certificate>? Extend(
        List<Certificate> chain, IReadOnlyList<Certificate> intermediates, IReadOnlyList<Certificate> roots, DateTimeOffset at, ref string? problem)
    {
        var last = chain[^1];
        if (!last.IsValidAt(at))
        {
            problem = $"{last.Subject} is valid from {last.NotBefore:u} to {last.NotAfter:u}, not at {at:u}";
            return null;
        }

        foreach (var root in roots.Where(root => root.Subject.Equals(last.Issuer)))
        {
            if (FindProblem(last, root, chain, at) is not { } found)
                return [.. chain, root];
            problem = found;
        }

        if (chain.Count == LongestChain - 1)
            return null;

        foreach (var issuer in intermediates.Where(issuer => issuer.Subject.Equals(last.Issuer) && !chain.Contains(issuer)))
        {
            if (FindProblem(last, issuer, chain, at) is { } found)
                problem = found;
            else if (Extend([.. chain, issuer], intermediates, roots, at, ref problem) is { } whole)
                return whole;
        }

        return null;
    }

    private static string? FindProblem(Certificate certificate, Certificate issuer, List<Certificate> chain, DateTimeOffset at)
    {
        if (!issuer.IsValidAt(at))
            return $"{issuer.Subject} is valid from {issuer.NotBefore:u} to {issuer.NotAfter:u}, not at {at:u}";
        if (issuer.Extensions.CriticalOids.FirstOrDefault(oid => !s_understood.Contains(oid)) is { } unknown)
            return $"{issuer.Subject} has the critical extension {unknown}, which is not understood";

        // Certificates above the end and below this issuer; those that issue themselves do not count, but none does here.
        return CertificateIssuance.FindProblem(certificate, issuer, chain.Count - 1);
    }
}
