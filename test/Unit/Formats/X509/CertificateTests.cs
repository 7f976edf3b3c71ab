using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.UnitTests.Formats.X509;

[Trait("Group", "Formats")]
public sealed class CertificateTests
{
    private static readonly DateTimeOffset s_from = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Knows_who_issued_a_certificate()
    {
        using var authority = Authority("root");
        using var impostor = Authority("root");
        var (root, other, leaf) = (Parse(authority), Parse(impostor), Parse(Issue(authority, [7])));

        Assert.Null(CertificateIssuance.FindProblem(leaf, root));
        Assert.Contains("signature", CertificateIssuance.FindProblem(leaf, other), StringComparison.Ordinal);
        Assert.Contains("not an authority", CertificateIssuance.FindProblem(Parse(Issue(authority, [8])), Renamed(leaf)), StringComparison.Ordinal);
        Assert.Equal("leaf", leaf.Subject.CommonName);
        Assert.True(leaf.IsValidAt(s_from));
        Assert.False(leaf.IsValidAt(s_from.AddSeconds(-1)));
    }

    [Fact]
    public void No_flipped_bit_and_no_truncation_passes_for_issued()
    {
        using var authority = Authority("root");
        var root = Parse(authority);
        var leaf = Issue(authority, [7]).RawData;
        for (var bit = 0; bit < 8 * leaf.Length; bit++)
        {
            leaf[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(IsIssued(leaf, root), $"bit {bit}");
            leaf[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (var length = 0; length < leaf.Length; length++)
            Assert.False(IsIssued(leaf[..length], root));
        Assert.False(IsIssued([.. leaf, 0], root));
    }

    [Fact]
    public void A_revoked_serial_is_found_and_the_list_is_bound_to_its_issuer()
    {
        using var authority = Authority("root");
        using var impostor = Authority("root");
        var builder = new CertificateRevocationListBuilder();
        builder.AddEntry([7], s_from);
        var der = builder.Build(authority, 1, s_from.AddDays(30), HashAlgorithmName.SHA256, thisUpdate: s_from);
        var list = CertificateRevocationList.Parse(der);

        Assert.Null(list.FindProblem(Parse(authority)));
        Assert.NotNull(list.FindProblem(Parse(impostor)));
        Assert.True(list.IsRevoked(Parse(Issue(authority, [7]))));
        Assert.False(list.IsRevoked(Parse(Issue(authority, [8]))));
        Assert.True(list.IsCurrentAt(s_from.AddDays(30)));
        Assert.False(list.IsCurrentAt(s_from.AddDays(31)));
        Assert.False(list.IsCurrentAt(s_from.AddDays(-1)));
        Assert.Equal(1, list.Number);
    }

    [Fact]
    public void Refuses_an_extension_that_occurs_twice()
    {
        using var authority = Authority("root");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("1.2.3", [5, 0], false));
        var der = request.Create(authority, s_from, s_from.AddYears(1), [1]).RawData;
        Assert.NotNull(Certificate.Parse(der));

        var twice = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        twice.CertificateExtensions.Add(new X509Extension("1.2.3", [5, 0], false));
        twice.CertificateExtensions.Add(new X509Extension("1.2.4", [5, 0], false));
        var raw = twice.Create(authority, s_from, s_from.AddYears(1), [1]).RawData;
        raw[raw.AsSpan().IndexOf<byte>([0x06, 0x02, 0x2a, 0x04]) + 3] = 0x03;
        var error = Assert.Throws<MalformedDataException>(() => Certificate.Parse(raw));
        Assert.Contains("1.2.3", error.Field, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_weak_key()
    {
        using var rsa = RSA.Create(1024);
        Assert.Throws<MalformedDataException>(() => VerificationKey.Import(rsa.ExportSubjectPublicKeyInfo()));
        Assert.Throws<MalformedDataException>(() => VerificationKey.FromPoint(ECCurve.NamedCurves.nistP256, new byte[32], new byte[32]));
    }

    [Fact]
    public void Refuses_text_between_certificates_in_pem()
    {
        using var authority = Authority("root");
        var pem = authority.ExportCertificatePem();
        Assert.Equal(2, PemCertificates.Parse(pem + "\n" + pem + "\n\0").Count);
        Assert.Throws<MalformedDataException>(() => PemCertificates.Parse(pem + "\nhello\n" + pem));
        Assert.Throws<MalformedDataException>(() => PemCertificates.Parse(pem + "\nhello"));
        Assert.Throws<MalformedDataException>(() => PemCertificates.Parse(""));
    }

    private static bool IsIssued(byte[] der, Certificate issuer)
    {
        try
        {
            return CertificateIssuance.FindProblem(Certificate.Parse(der), issuer) is null;
        }
        catch (MalformedDataException)
        {
            return false;
        }
    }

    // A certificate of a leaf, taken for the issuer of certificates that name "root": names agree, the right to sign is missing.
    private static Certificate Renamed(Certificate leaf)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(leaf.Issuer.Raw.Span), key, HashAlgorithmName.SHA256);
        return Parse(request.CreateSelfSigned(s_from, s_from.AddYears(1)));
    }

    private static Certificate Parse(X509Certificate2 certificate) => Certificate.Parse(certificate.RawData);

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(s_from, s_from.AddYears(10));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, byte[] serial)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256).Create(authority, s_from, s_from.AddYears(1), serial);
    }
}
