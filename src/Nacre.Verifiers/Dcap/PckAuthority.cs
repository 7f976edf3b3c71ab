using Nacre.Formats.X509;

namespace Nacre.Verifiers.Dcap;

/// <summary>The authority that issued a platform's certificate, and what was found when its chain to the root was checked.</summary>
internal sealed class PckAuthority
{
    private PckAuthority(Certificate certificate, Certificate root, string? problem)
    {
        (Certificate, Root, Problem) = (certificate, root, problem);
        if (problem is null)
            Key = VerificationKey.Import(certificate.SubjectPublicKeyInfo.Span);
    }

    public Certificate Certificate { get; }
    public Certificate Root { get; }

    /// <summary>Null when the root signed itself and the authority.</summary>
    public string? Problem { get; }

    /// <summary>Null when there is a problem.</summary>
    public VerificationKey? Key { get; }

    /// <summary>Whether it certifies servers, with a platform instance id, or else client processors.</summary>
    public bool IsPlatformAuthority => Certificate.Subject.CommonName is "Intel SGX PCK Platform CA";

    public static PckAuthority Prove(Certificate certificate, Certificate root)
    {
        var problem = CertificateIssuance.FindProblem(root, root, authoritiesBelow: 1)
            ?? CertificateIssuance.FindProblem(certificate, root)
            ?? (certificate.Subject.CommonName is "Intel SGX PCK Platform CA" or "Intel SGX PCK Processor CA" ? null
                : $"{certificate.Subject} is neither Intel SGX PCK Platform CA nor Intel SGX PCK Processor CA")
            ?? (certificate.Extensions.IsAuthority ? null : $"{certificate.Subject} is no authority");
        return new(certificate, root, problem);
    }
}

/// <summary>Keeps what was proved of the last authority: the same few come again and again. Safe for use by several threads.</summary>
internal sealed class PckAuthorityCache
{
    private volatile PckAuthority? _last;

    public PckAuthority Prove(Certificate certificate, Certificate root)
    {
        if (_last is { } last && last.Certificate.Raw.Span.SequenceEqual(certificate.Raw.Span)
            && last.Root.Raw.Span.SequenceEqual(root.Raw.Span))
            return last;

        var authority = PckAuthority.Prove(certificate, root);
        if (authority.Problem is null)
            _last = authority;

        return authority;
    }
}
