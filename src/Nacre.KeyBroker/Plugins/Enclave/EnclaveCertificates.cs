using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>Certificates of secrets (RFC 5280): of programs, as servers and as clients, and of the authorities of applications.</summary>
internal static class EnclaveCertificates
{
    private const int SerialBytes = 16;
    private static readonly TimeSpan s_skew = TimeSpan.FromHours(1);

    /// <summary>Valid from an hour before <paramref name="now"/>, and no longer than the authority.</summary>
    /// <param name="specification">Of kind x509 or ca.</param>
    /// <param name="key">Whose certificate.</param>
    /// <param name="signer">The authority with its key; null to sign with <paramref name="key"/>.</param>
    /// <param name="now">The time.</param>
    public static X509Certificate2 Issue(
        EnclaveSpecification specification, AsymmetricAlgorithm key, X509Certificate2? signer, DateTimeOffset now)
    {
        var name = new X500DistinguishedName($"CN=\"{specification.Subject}\"");
        var request = key is RSA rsa
            ? new CertificateRequest(name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(name, (ECDsa)key, HashAlgorithmName.SHA256);
        AddExtensions(request, specification, signer);

        var (begin, end) = (now - s_skew, now.AddDays(specification.Days));
        if (signer is null)
            return request.CreateSelfSigned(begin, end);

        var last = new DateTimeOffset(signer.NotAfter);
        using var signingKey = signer.GetECDsaPrivateKey()!;
        return request.Create(
            signer.SubjectName, X509SignatureGenerator.CreateForECDsa(signingKey), begin, end < last ? end : last, Serial());
    }

    private static void AddExtensions(CertificateRequest request, EnclaveSpecification specification, X509Certificate2? signer)
    {
        var isAuthority = specification.Kind == EnclaveSpecification.Authority;
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(isAuthority, isAuthority, 0, true));
        extensions.Add(new X509KeyUsageExtension(
            isAuthority ? X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign : X509KeyUsageFlags.DigitalSignature, true));
        extensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (!isAuthority)
        {
            // id-kp-serverAuth and id-kp-clientAuth: replicas of one application talk to each other.
            extensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        }

        if (specification.Hosts.Count > 0)
            extensions.Add(AlternativeNames(specification.Hosts));
        if (signer is not null)
            extensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(signer, true, false));
    }

    private static X509Extension AlternativeNames(IReadOnlyList<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }

        return names.Build();
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] &= 0x7f;
        return serial;
    }
}
