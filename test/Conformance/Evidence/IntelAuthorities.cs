using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Nacre.Formats.X509;
using Nacre.Verifiers.Dcap;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>
/// Intel's public authorities, for vectors that do not carry their own: the root, who signs TCB information, and both issuers of PCK
/// certificates.
/// </summary>
internal static class IntelAuthorities
{
    private static readonly Lazy<IReadOnlyList<Certificate>> s_all = new(() => Load());

    public static IReadOnlyList<Certificate> All => s_all.Value;

    public static Certificate Root => All[0];

    /// <summary>PEM of who signs TCB information, and the root.</summary>
    public static string TcbSigningChain => string.Join('\n', new[] { All[1], All[0] }.Select(Pem));

    /// <summary>Null for a name that none of them has.</summary>
    public static Certificate? Find(DistinguishedName name) => All.FirstOrDefault(one => one.Subject.Equals(name));

    public static string Pem(Certificate certificate) => PemEncoding.WriteString("CERTIFICATE", certificate.Raw.Span);

    private static IReadOnlyList<Certificate> Load([CallerFilePath] string here = "")
    {
        var certificates = PemCertificates.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "intel-authorities.pem")));
        Assert.Equal(IntelRoot.KeyDigest, VerificationKey.Digest(certificates[0].SubjectPublicKeyInfo.Span));
        Assert.All(certificates, one => Assert.Null(CertificateIssuance.FindProblem(one, certificates[0])));
        return certificates;
    }
}
