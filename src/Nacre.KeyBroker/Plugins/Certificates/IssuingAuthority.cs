using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.Formats;
using Nacre.Storage;

namespace Nacre.KeyBroker.Plugins.Certificates;

/// <summary>The authority's certificate and key: its own, made once and kept in the store, or those of two files.</summary>
internal sealed class IssuingAuthority : IDisposable
{
    private const string Space = "certificates.authority";

    private static readonly TimeSpan s_skew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_listLife = TimeSpan.FromHours(24);

    private readonly X509Certificate2 _certificate;
    private readonly AsymmetricAlgorithm _key;
    private readonly X509SignatureGenerator _signer;
    private readonly HashAlgorithmName _hash;

    private IssuingAuthority(X509Certificate2 certificate)
    {
        _certificate = certificate;
        var elliptic = certificate.GetECDsaPrivateKey();
        _key = elliptic as AsymmetricAlgorithm ?? certificate.GetRSAPrivateKey()
            ?? throw new CryptographicException("its key is neither RSA nor ECDSA");
        _signer = elliptic is not null
            ? X509SignatureGenerator.CreateForECDsa(elliptic) : X509SignatureGenerator.CreateForRSA((RSA)_key, RSASignaturePadding.Pkcs1);
        _hash = elliptic?.KeySize switch
        {
            384 => HashAlgorithmName.SHA384,
            521 => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };
    }

    public DateTimeOffset NotAfter => new(_certificate.NotAfter);

    public string CertificatePem => _certificate.ExportCertificatePem() + "\n";

    /// <summary>The authority of this name in the store; whoever comes first makes it.</summary>
    /// <exception cref="MalformedDataException">It was made for other names than these.</exception>
    public static async ValueTask<IssuingAuthority> OpenAsync(
        IKeyValueStore store, string name, NameLimits limits, DateTimeOffset now, CancellationToken cancel)
    {
        var limitation = limits.ToExtension();
        var pem = Encoding.ASCII.GetString(await store.GetOrCreateAsync(Space, name, () => Make(limits, limitation, now), cancel));
        var certificate = X509Certificate2.CreateFromPem(pem, pem);
        var made = certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == limitation.Oid!.Value);
        if (made is not null && made.RawData.AsSpan().SequenceEqual(limitation.RawData))
            return new IssuingAuthority(certificate);

        certificate.Dispose();
        throw new MalformedDataException(
            "plugins.certificates", "authority", 0,
            $"the authority '{name}' was made for another trust_domain or permitted_dns; give a new one another name");
    }

    /// <exception cref="CryptographicException">They are no authority with its key.</exception>
    /// <exception cref="ArgumentException">There is no PEM in them.</exception>
    public static IssuingAuthority FromPem(string certificatePem, string keyPem)
    {
        var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is { CertificateAuthority: true }
            && certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any())
            return new IssuingAuthority(certificate);

        certificate.Dispose();
        throw new CryptographicException("the certificate is not that of an authority with a subject key identifier (RFC 5280, 4.2.1.2)");
    }

    /// <summary>A certificate for this key, from five minutes ago; never good longer than the authority.</summary>
    public X509Certificate2 Issue(
        PublicKey key, CertificateNames names, bool forServers, Uri? revocationList, DateTimeOffset now, TimeSpan life)
    {
        var request = new CertificateRequest(
            new X500DistinguishedName($"CN={names.CommonName}"), key, _hash, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(NameLimits.AlternativeNames(names.SpiffeId, names.Dns));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            forServers ? [new Oid("1.3.6.1.5.5.7.3.2"), new Oid("1.3.6.1.5.5.7.3.1")] : [new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        if (revocationList is not null)
        {
            request.CertificateExtensions.Add(
                CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([revocationList.AbsoluteUri]));
        }

        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(serial[0] & 0x3f | 0x40); // Positive, and of full length.
        var end = now + life;
        return request.Create(_certificate.SubjectName, _signer, now - s_skew, end < NotAfter ? end : NotAfter, serial);
    }

    /// <summary>A list (RFC 5280, section 5) that is good for a day.</summary>
    public byte[] MakeRevocationList(IEnumerable<(byte[] Serial, DateTimeOffset At)> revoked, DateTimeOffset now)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var (serial, at) in revoked)
            list.AddEntry(serial, at);
        return list.Build(
            _certificate.SubjectName, _signer, now.ToUnixTimeMilliseconds(), now + s_listLife, _hash,
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false), now - s_skew);
    }

    public void Dispose()
    {
        _key.Dispose();
        _certificate.Dispose();
    }

    private static byte[] Make(NameLimits limits, X509Extension limitation, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            new X500DistinguishedName($"CN={limits.TrustDomain} attested guests"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(limitation);

        // A SPIFFE authority names its trust domain, and nothing below it (X509-SVID, section 2).
        request.CertificateExtensions.Add(NameLimits.AlternativeNames($"spiffe://{limits.TrustDomain}", []));
        using var certificate = request.CreateSelfSigned(now - s_skew, now.AddYears(10));
        return Encoding.ASCII.GetBytes($"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }
}
