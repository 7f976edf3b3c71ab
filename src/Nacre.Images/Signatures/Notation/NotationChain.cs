using Nacre.Formats.X509;

namespace Nacre.Images.Signatures.Notation;

/// <summary>
/// The rules for the chain that comes with a signature (Notary Project, signature-specification.md, "Certificate Requirements"): from the
/// signer to its root, in order, nothing else. Of the extensions only basic constraints, key usage and extended key usage count.
/// </summary>
internal static class NotationChain
{
    // keyEncipherment, dataEncipherment, keyAgreement, keyCertSign, cRLSign, encipherOnly, decipherOnly (RFC 5280, section 4.2.1.3).
    private static readonly int[] s_forbiddenUses = [2, 3, 4, 5, 6, 7, 8];
    private static readonly (string Oid, string Name)[] s_forbiddenPurposes =
    [
        ("2.5.29.37.0", "anyExtendedKeyUsage"), ("1.3.6.1.5.5.7.3.1", "serverAuth"), ("1.3.6.1.5.5.7.3.2", "clientAuth"),
        ("1.3.6.1.5.5.7.3.4", "emailProtection"), ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ];

    /// <summary>Null when the chain is one; else why not. Dates are another question, and whether the root is trusted.</summary>
    public static string? FindProblem(IReadOnlyList<Certificate> chain)
    {
        if (FindSignerProblem(chain[0]) is { } problem)
            return $"its certificate {chain[0].Subject} {problem}";
        if (chain.Count == 1)
            return IsSignedBy(chain[0], chain[0]) ? null : "its certificate stands alone and is not self-signed: the chain to a root is missing";

        for (var i = 1; i < chain.Count; i++)
        {
            if (FindAuthorityProblem(chain[i]) is { } found)
                return $"the authority {chain[i].Subject} {found}";
            if (CertificateIssuance.FindProblem(chain[i - 1], chain[i], i - 1) is { } unrelated)
                return $"the chain is not one: {unrelated}";
        }

        return CertificateIssuance.FindProblem(chain[^1], chain[^1]) is null ? null : $"the chain ends with {chain[^1].Subject}, which is no root";
    }

    /// <summary>Null when all of the chain are valid at that time.</summary>
    public static string? FindDateProblem(IReadOnlyList<Certificate> chain, DateTimeOffset at) =>
        chain.FirstOrDefault(certificate => !certificate.IsValidAt(at)) is { } outside
            ? $"{outside.Subject} is valid from {outside.NotBefore:u} to {outside.NotAfter:u}, not at {at:u}"
            : null;

    /// <summary>Whether the name and the key of its issuer are those of this certificate.</summary>
    public static bool IsSignedBy(Certificate certificate, Certificate issuer)
    {
        using var key = VerificationKey.Import(issuer.SubjectPublicKeyInfo.Span);
        return certificate.Issuer.Equals(issuer.Subject)
            && key.Verify(certificate.SignatureAlgorithm, certificate.ToBeSigned.Span, certificate.Signature.Span);
    }

    private static string? FindSignerProblem(Certificate certificate)
    {
        if (certificate.Extensions.IsAuthority)
            return "is that of an authority";
        if (FindKeyUsageProblem(certificate) is { } problem)
            return problem;
        var uses = KeyUsage(certificate);
        if (!uses.Contains(0))
            return "must not sign data (digitalSignature)";
        if (uses.FirstOrDefault(s_forbiddenUses.Contains) is var other and > 0)
            return $"has the key usage of bit {other}, which none for signing images may have";

        var purposes = CertificateUse.Read(certificate).Purposes;
        var forbidden = Array.Find(s_forbiddenPurposes, purpose => purposes.Contains(purpose.Oid));
        if (forbidden.Name is not null)
            return $"has the purpose {forbidden.Name}, which none for signing images may have";
        return purposes.Count == 0 || purposes.Contains(CertificateUse.CodeSigning) ? null : "has purposes, and code signing is not among them";
    }

    private static string? FindAuthorityProblem(Certificate certificate)
    {
        if (!certificate.Extensions.IsAuthority || !IsCritical(certificate, CertificateExtensions.BasicConstraintsOid))
            return "has no critical basic constraints that make it one";
        return FindKeyUsageProblem(certificate) ?? (certificate.Extensions.MaySignCertificates ? null : "must not sign certificates (keyCertSign)");
    }

    private static string? FindKeyUsageProblem(Certificate certificate) =>
        IsCritical(certificate, CertificateExtensions.KeyUsageOid) ? null : "has no critical key usage";

    private static bool IsCritical(Certificate certificate, string oid) => certificate.Extensions.CriticalOids.Contains(oid);

    private static List<int> KeyUsage(Certificate certificate)
    {
        var bits = DerStructure.Read(
            "x509.keyUsage", certificate.Extensions.Find(CertificateExtensions.KeyUsageOid), static (der, _) => der.ReadBitString(out int _));
        return [.. Enumerable.Range(0, 8 * bits.Length).Where(bit => (bits[bit / 8] & (0x80 >> (bit % 8))) != 0)];
    }
}
