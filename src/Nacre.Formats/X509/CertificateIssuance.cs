namespace Nacre.Formats.X509;

/// <summary>Whether one certificate really issued another (RFC 5280, section 6.1.3 and 6.1.4, without dates and revocation).</summary>
public static class CertificateIssuance
{
    /// <summary>Null when <paramref name="issuer"/> signed <paramref name="certificate"/> and was allowed to; else the reason, in words.</summary>
    /// <param name="certificate">The certificate in question.</param>
    /// <param name="issuer">Who is said to have issued it.</param>
    /// <param name="authoritiesBelow">How many authorities stand between the issuer and the end of the chain; 0 for a leaf.</param>
    public static string? FindProblem(Certificate certificate, Certificate issuer, int authoritiesBelow = 0)
    {
        ArgumentNullException.ThrowIfNull(issuer);
        if (FindAuthorityProblem(certificate, issuer, authoritiesBelow) is { } problem)
            return problem;

        try
        {
            using var key = VerificationKey.Import(issuer.SubjectPublicKeyInfo.Span);
            return FindSignatureProblem(certificate, issuer.Subject, key);
        }
        catch (MalformedDataException error)
        {
            return $"the key of {issuer.Subject} cannot be used: {error.Message}";
        }
    }

    /// <summary>As above with the issuer's key already at hand, for issuers that are used again and again.</summary>
    public static string? FindProblem(Certificate certificate, Certificate issuer, VerificationKey issuerKey, int authoritiesBelow = 0)
    {
        ArgumentNullException.ThrowIfNull(issuer);
        return FindAuthorityProblem(certificate, issuer, authoritiesBelow) ?? FindSignatureProblem(certificate, issuer.Subject, issuerKey);
    }

    private static string? FindAuthorityProblem(Certificate certificate, Certificate issuer, int authoritiesBelow)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (!certificate.Issuer.Equals(issuer.Subject))
            return $"its issuer is {certificate.Issuer}, not {issuer.Subject}";

        if (!issuer.Extensions.IsAuthority || !issuer.Extensions.MaySignCertificates)
            return $"{issuer.Subject} is not an authority that may sign certificates";

        return issuer.Extensions.PathLength < authoritiesBelow ? $"{issuer.Subject} allows {issuer.Extensions.PathLength} authorities below it" : null;
    }

    private static string? FindSignatureProblem(Certificate certificate, DistinguishedName issuer, VerificationKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Verify(certificate.SignatureAlgorithm, certificate.ToBeSigned.Span, certificate.Signature.Span)
            ? null
            : $"its signature is not one by the key of {issuer}";
    }
}
