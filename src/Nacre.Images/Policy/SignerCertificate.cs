using System.Formats.Asn1;
using System.Text;
using Nacre.Formats.X509;
using Nacre.Images.Signatures.Sigstore;

namespace Nacre.Images.Policy;

/// <summary>Whether the certificate of a signature is one that the rule of a policy means.</summary>
internal static class SignerCertificate
{
    // Fulcio's extensions: the issuer as DER, and as bare text in older certificates (sigstore/fulcio docs/oid-info.md).
    private const string IssuerOid = "1.3.6.1.4.1.57264.1.8";
    private const string OldIssuerOid = "1.3.6.1.4.1.57264.1.1";

    /// <param name="signature">Has a certificate.</param>
    /// <param name="trust">Rule, roots, intermediates and logs.</param>
    /// <param name="at">When it must have been valid.</param>
    /// <returns>Null when it is one; else why not.</returns>
    public static string? FindProblem(ImageSignature signature, SigstoreTrust trust, DateTimeOffset at)
    {
        var certificate = signature.Certificate!;
        var use = CertificateUse.Read(certificate);
        if (use.UnknownCritical is { } unknown)
            return $"its certificate has the critical extension {unknown}, which is not understood";
        if (certificate.Extensions.IsAuthority || !use.MaySignData)
            return "its certificate is not for signing data";
        if (CertificatePath.Find(certificate, [.. signature.Chain, .. trust.Intermediates], trust.Roots, at, out var problem) is not { } chain)
            return $"its certificate is not by a trusted authority: {problem}";

        return trust.Requirement.Certificates switch
        {
            CertificateRule.Fulcio fulcio => FindFulcioProblem(certificate, use, chain, fulcio, trust.CertificateLogs),
            CertificateRule.Pki pki => pki.Subjects.Select(subject => FindSubjectProblem(use, subject)).FirstOrDefault(found => found is not null),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>All names in it, for reports.</summary>
    public static string Describe(Certificate certificate)
    {
        var use = CertificateUse.Read(certificate);
        var names = string.Join(", ", [.. use.Emails, .. use.Uris, .. use.HostNames]);
        return Issuer(certificate) is { } issuer ? $"{names} of {issuer}" : names;
    }

    private static string? FindFulcioProblem(
        Certificate certificate, CertificateUse use, IReadOnlyList<Certificate> chain, CertificateRule.Fulcio rule, IReadOnlyList<byte[]> logs)
    {
        if (!use.Purposes.Contains(CertificateUse.CodeSigning))
            return "its certificate is not for code signing";
        if (Issuer(certificate) is var issuer && issuer != rule.OidcIssuer)
            return $"its signer was vouched for by {issuer ?? "nobody"}, {rule.OidcIssuer} is wanted";
        return FindSubjectProblem(use, rule.Subject)
            ?? (logs.Count == 0 ? null : SignedCertificateTimestamps.FindProblem(certificate, chain[1], logs));
    }

    private static string? FindSubjectProblem(CertificateUse use, CertificateSubject subject)
    {
        var names = subject.Kind switch
        {
            SubjectKind.Email => use.Emails,
            SubjectKind.Uri => use.Uris,
            _ => use.HostNames,
        };
        return names.Contains(subject.Value) ? null : $"its signer is {(names.Count == 0 ? "nobody of that kind" : string.Join(", ", names))}, {subject.Value} is wanted";
    }

    private static string? Issuer(Certificate certificate)
    {
        var old = certificate.Extensions.Find(OldIssuerOid) is { } bare ? Encoding.UTF8.GetString(bare) : null;
        if (certificate.Extensions.Find(IssuerOid) is not { } der)
            return old;

        var issuer = DerStructure.Read("fulcio.issuer", der, static (reader, _) =>
        {
            var text = reader.ReadCharacterString(UniversalTagNumber.UTF8String);
            reader.ThrowIfNotEmpty();
            return text;
        });

        // Two that differ mean that one of the two readers would be deceived.
        return old is null || old == issuer ? issuer : null;
    }
}
