using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>
/// A certificate authority with a key of its own, under the names of a vendor: what it issues is right in every way but for the root.
/// </summary>
internal sealed class OwnAuthority : IDisposable
{
    private readonly AsymmetricAlgorithm _key;
    private readonly X509SignatureGenerator _generator;

    private OwnAuthority(string name, AsymmetricAlgorithm key, OwnAuthority? issuer, (DateTimeOffset From, DateTimeOffset Until) life)
    {
        _key = key;
        _generator = key is RSA rsa ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pss)
            : X509SignatureGenerator.CreateForECDsa((ECDsa)key);
        Hash = key is RSA ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        Name = new($"CN={name}, O=Nacre Tests");
        var request = new CertificateRequest(Name, _generator.PublicKey, Hash);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(_generator.PublicKey, false));
        Certificate = (issuer ?? this).Sign(request, life, NextSerial());
    }

    public X500DistinguishedName Name { get; }
    public byte[] Certificate { get; }
    public byte[] PublicKeyInfo => _generator.PublicKey.ExportSubjectPublicKeyInfo();

    private HashAlgorithmName Hash { get; }

    public static OwnAuthority OfEcdsa(string name, OwnAuthority? issuer, (DateTimeOffset From, DateTimeOffset Until) life) =>
        new(name, ECDsa.Create(ECCurve.NamedCurves.nistP256), issuer, life);

    public static OwnAuthority OfRsa(
        string name, OwnAuthority? issuer, (DateTimeOffset From, DateTimeOffset Until) life, int bits = 2048) =>
        new(name, RSA.Create(bits), issuer, life);

    /// <summary>A certificate for someone's key.</summary>
    public byte[] Issue(
        string name, ECDsa key, (DateTimeOffset From, DateTimeOffset Until) life, IEnumerable<X509Extension> extensions)
    {
        var request = new CertificateRequest(new X500DistinguishedName($"CN={name}, O=Nacre Tests"), key, Hash);
        foreach (var extension in extensions)
            request.CertificateExtensions.Add(extension);

        return Sign(request, life, NextSerial());
    }

    public byte[] RevocationList((DateTimeOffset From, DateTimeOffset Until) life, params byte[][] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked)
        {
            using var loaded = X509CertificateLoader.LoadCertificate(certificate);
            list.AddEntry(loaded.SerialNumberBytes.Span, life.From);
        }

        using var own = X509CertificateLoader.LoadCertificate(Certificate);
        var identifier = X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            own, includeKeyIdentifier: true, includeIssuerAndSerial: false);
        return list.Build(Name, _generator, BigInteger.One, life.Until, Hash, identifier, life.From);
    }

    public void Dispose() => _key.Dispose();

    private byte[] Sign(CertificateRequest request, (DateTimeOffset From, DateTimeOffset Until) life, byte[] serial)
    {
        using var certificate = request.Create(Name, _generator, life.From, life.Until, serial);
        return certificate.RawData;
    }

    private static byte[] NextSerial() => [0x11, .. RandomNumberGenerator.GetBytes(15)];
}
