using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Formats.X509;

namespace Nacre.EndToEndTests.Trust;

/// <summary>An authority and what it issues, as the files that an operator gives to a server.</summary>
internal sealed class TlsFolder : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-tls-");
    private readonly X509Certificate2 _authority = OwnCertificateAuthority.Create("Test operator CA", DateTimeOffset.UtcNow.AddYears(-1));

    public TlsFolder() => File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());

    public string CertificateFile => PathOf("server.pem");
    public string KeyFile => PathOf("server.key");
    public string AuthorityFile => PathOf("authority.pem");

    public X509Certificate2Collection Roots => [X509CertificateLoader.LoadCertificate(_authority.RawData)];

    /// <summary>Writes a new pair and gives its fingerprint.</summary>
    public string Issue(TimeSpan? life = null, bool writesKey = true, DateTimeOffset? at = null)
    {
        using var certificate = OwnCertificateAuthority.IssueServer(
            _authority, ["127.0.0.1", "localhost"], at ?? DateTimeOffset.UtcNow, life ?? TimeSpan.FromDays(90));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        if (writesKey)
            File.WriteAllText(KeyFile, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return certificate.Thumbprint;
    }

    /// <summary>A certificate for a caller, of this authority.</summary>
    public X509Certificate2 IssueClient(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(_authority, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3, 4]);
        return certificate.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Delete(recursive: true);
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);
}
