using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.KeyBroker.Admin;

/// <summary>Administrators who are known by a client certificate.</summary>
/// <param name="Authorities">Who issues them.</param>
/// <param name="Roles">The first that fits counts; a certificate that none fits is nobody's.</param>
public sealed record AdminCertificates(X509Certificate2Collection Authorities, IReadOnlyList<CertificateRole> Roles)
{
    /// <summary>Revocation lists of the authorities, in PEM or DER; none are asked for without.</summary>
    public IReadOnlyList<string> RevocationFiles { get; init; } = [];

    /// <summary>How often these are looked at for a change.</summary>
    public TimeSpan ReloadEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Null when nothing is known to be revoked.</summary>
    internal IRevocationSource? Revocation { get; init; }

    /// <summary>Looks whether the files can be used.</summary>
    /// <exception cref="TrustServerException">One cannot; one line says why.</exception>
    public void RequireRevocationLists() => _ = RevocationLists.Read(RevocationFiles, Authorities, null);

    /// <summary>Null and why when it is of no use; that an authority issued it was found when the connection was made.</summary>
    internal (AdminIdentity? Identity, string? Problem) Read(X509Certificate2 certificate, DateTimeOffset now)
    {
        if (now < new DateTimeOffset(certificate.NotBefore) || now >= new DateTimeOffset(certificate.NotAfter))
            return (null, "the client certificate has expired, or is not valid yet");

        if (Revocation?.FindProblem(certificate, now) is { } problem)
            return (null, problem);

        var names = CertificateNames.Of(certificate);
        return Roles.FirstOrDefault(role => role.Fits(names)) is { } found
            ? (new AdminIdentity(found.Role, $"{found.Role} {certificate.Subject} serial {certificate.SerialNumber}")
            {
                Subject = $"certificate {certificate.Subject}",
                Tenant = found.Tenant,
                Expires = new DateTimeOffset(certificate.NotAfter),
            }, null)
            : (null, $"the client certificate {certificate.Subject} has no role here");
    }
}

/// <summary>What a certificate is called.</summary>
/// <param name="CommonNames">Of its subject.</param>
/// <param name="DnsNames">Of its subject alternative name.</param>
/// <param name="Uris">Of the same.</param>
internal sealed record CertificateNames(IReadOnlyList<string> CommonNames, IReadOnlyList<string> DnsNames, IReadOnlyList<string> Uris)
{
    private const string CommonName = "2.5.4.3";
    private const string AlternativeName = "2.5.29.17";
    private static readonly Asn1Tag s_dns = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag s_uri = new(TagClass.ContextSpecific, 6);

    public static CertificateNames Of(X509Certificate2 certificate)
    {
        var (dns, uris) = (new List<string>(), new List<string>());
        if (certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == AlternativeName) is { } extension)
            Read(extension.RawData, dns, uris);
        var common = certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
            .Select(part => part.GetSingleElementValue()).OfType<string>();
        return new([.. common], dns, uris);
    }

    // GeneralNames (RFC 5280, 4.2.1.6); the framework's class does not give the URIs.
    private static void Read(byte[] der, List<string> dns, List<string> uris)
    {
        try
        {
            var names = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                var tag = names.PeekTag();
                if (tag == s_dns)
                    dns.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, s_dns));
                else if (tag == s_uri)
                    uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, s_uri));
                else
                    names.ReadEncodedValue();
            }
        }
        catch (AsnContentException)
        {
            // Names that cannot be read are no names; half of them are none either.
            dns.Clear();
            uris.Clear();
        }
    }
}
