using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.Formats.X509;

/// <summary>A certificate authority of one server, for its own TLS certificate: P-256, path length 0. Clients are given its certificate.</summary>
public static class OwnCertificateAuthority
{
    private static readonly TimeSpan s_skew = TimeSpan.FromHours(1);

    /// <summary>A new authority with its private key; valid from an hour before <paramref name="at"/> for ten years.</summary>
    public static X509Certificate2 Create(string commonName, DateTimeOffset at)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={commonName}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(at - s_skew, at.AddYears(10));
    }

    /// <summary>A server certificate with its private key for these hosts (names or addresses); never valid longer than the authority.</summary>
    public static X509Certificate2 IssueServer(X509Certificate2 authority, IReadOnlyCollection<string> hosts, DateTimeOffset at, TimeSpan life)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={hosts.First()}"), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));

        var end = at + life;
        var authorityEnd = new DateTimeOffset(authority.NotAfter);
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        using var certificate = request.Create(authority, at - s_skew, end < authorityEnd ? end : authorityEnd, serial);
        return certificate.CopyWithPrivateKey(key);
    }
}
