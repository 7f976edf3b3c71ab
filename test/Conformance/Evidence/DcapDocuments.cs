using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nacre.Evidence.Dcap;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Collateral and certificates among the vectors of quotes: under a root that is not Intel's, or to be read only.</summary>
internal static class DcapDocuments
{
    public static void Require(VectorEntry file, byte[] bytes)
    {
        Assert.Null(file.Expected);
        foreach (var part in CollateralDocument.Split(bytes))
        {
            switch (file.Verdict)
            {
                case "valid-under-test-root":
                    RequireUnder(TestAuthorities(file.Manifest), part);
                    break;
                case "parse-only":
                    RequireReadable(part);
                    break;
                default:
                    Assert.Fail($"the verdict '{file.Verdict}' is not known for collateral");
                    break;
            }
        }
    }

    private static void RequireReadable(byte[] part)
    {
        if (Starts(part, "-----BEGIN"))
            Assert.All(PemCertificates.Parse(Encoding.ASCII.GetString(part)),
                one => Assert.Equal(PckExtensions.Components, PckExtensions.Parse(one).ComponentSvns.Length));
        else if (!Starts(part, "{"))
            Assert.NotNull(CertificateRevocationList.Parse(part).Number);
        else if (!JsonDocument.Parse(part).RootElement.TryGetProperty("tcbInfo", out var info))
            Assert.NotEmpty(QeIdentity.Parse(part).Body.Levels);
        else if (info.GetProperty("version").GetInt32() == 1)
            Assert.Equal("version", Assert.Throws<MalformedDataException>(() => TcbInfo.Parse(part)).Field);
        else
            Assert.NotEmpty(TcbInfo.Parse(part).Body.Levels);
    }

    private static void RequireUnder(IReadOnlyList<Certificate> authorities, byte[] part)
    {
        if (Starts(part, "-----BEGIN"))
        {
            foreach (var certificate in PemCertificates.Parse(Encoding.ASCII.GetString(part)))
            {
                Assert.NotEqual(IntelRoot.KeyDigest, VerificationKey.Digest(certificate.SubjectPublicKeyInfo.Span));
                Assert.Contains(authorities, issuer => CertificateIssuance.FindProblem(certificate, issuer) is null);
                Assert.All(IntelAuthorities.All, issuer => Assert.NotNull(CertificateIssuance.FindProblem(certificate, issuer)));
            }
        }
        else if (!Starts(part, "{"))
        {
            var list = CertificateRevocationList.Parse(part);
            Assert.Contains(authorities, issuer => list.FindProblem(issuer) is null);
            Assert.All(IntelAuthorities.All, issuer => Assert.NotNull(list.FindProblem(issuer)));
        }
        else if (JsonDocument.Parse(part).RootElement.TryGetProperty("tcbInfo", out _))
        {
            RequireSigned(authorities, TcbInfo.Parse(part));
        }
        else
        {
            RequireSigned(authorities, QeIdentity.Parse(part));
        }
    }

    private static void RequireSigned<T>(IReadOnlyList<Certificate> authorities, SignedBody<T> signed)
    {
        Assert.Contains(authorities, signer => Verifies(signer, signed));
        Assert.All(IntelAuthorities.All, signer => Assert.False(Verifies(signer, signed)));
    }

    private static bool Verifies<T>(Certificate signer, SignedBody<T> signed)
    {
        using var key = VerificationKey.Import(signer.SubjectPublicKeyInfo.Span);
        return key.VerifyEcdsa(HashAlgorithmName.SHA256, signed.Text, signed.Signature);
    }

    // Whatever certificates the manifest says are under the test root.
    private static IReadOnlyList<Certificate> TestAuthorities(VectorManifest manifest) =>
    [
        .. manifest.Files.Where(file => file.Verdict == "valid-under-test-root").Select(file => file.Read())
            .Where(bytes => Starts(bytes, "-----BEGIN CERTIFICATE"))
                .SelectMany(bytes => PemCertificates.Parse(Encoding.ASCII.GetString(bytes))),
    ];

    private static bool Starts(byte[] bytes, string text) =>
        bytes.AsSpan().TrimStart(" \r\n\t"u8).StartsWith(Encoding.ASCII.GetBytes(text));
}
