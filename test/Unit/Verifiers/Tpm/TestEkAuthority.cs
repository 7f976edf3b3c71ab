using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Verifiers.Tpm;

namespace Nacre.UnitTests.Verifiers.Tpm;

/// <summary>A maker of TPMs with a root and an intermediate, who certifies whatever a test asks for.</summary>
internal sealed class TestEkAuthority : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _issuer;

    public TestEkAuthority(string name = "Maker")
    {
        var root = new CertificateRequest($"CN={name} Root", _rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = root.CreateSelfSigned(Now.AddYears(-10), Now.AddYears(10));

        var issuer = new CertificateRequest($"CN={name} Issuer", _issuerKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        issuer.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var issued = issuer.Create(_root, Now.AddYears(-5), Now.AddYears(5), [1]);
        _issuer = issued.CopyWithPrivateKey(_issuerKey);
    }

    public byte[] Issuer => _issuer.RawData;

    public EkRoots Root => EkRoots.FromDer([_root.RawData]);

    public EkRoots RootAndIssuer => EkRoots.FromPem(_root.ExportCertificatePem() + "\n" + _issuer.ExportCertificatePem());

    /// <summary>As makers do it: no subject, the TPM's model in a critical alternative name, the usage that marks endorsement keys.</summary>
    public byte[] Certify(
        PublicKey key, string? usage = "2.23.133.8.1", X509KeyUsageFlags keyUsage = X509KeyUsageFlags.KeyEncipherment, bool isAuthority = false,
        int fromYear = -1, int toYear = 1)
    {
        var request = new CertificateRequest(new X500DistinguishedName(""), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("tpm.example");
        request.CertificateExtensions.Add(names.Build(critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(keyUsage, true));
        if (usage is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));

        var signer = X509SignatureGenerator.CreateForECDsa(_issuerKey);
        using var certificate = request.Create(_issuer.SubjectName, signer, Now.AddYears(fromYear), Now.AddYears(toYear), [2]);
        return certificate.RawData;
    }

    public void Dispose()
    {
        _root.Dispose();
        _issuer.Dispose();
        _rootKey.Dispose();
        _issuerKey.Dispose();
    }
}
