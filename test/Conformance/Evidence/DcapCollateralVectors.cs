using System.Text;
using System.Text.Json;
using Nacre.Evidence.Dcap;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Formats.X509;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>
/// The vectors of Intel's collateral: answers of its service, revocation lists, issuer chains, and the wrappers other projects keep them
/// in. What a file is, is found by its content. Valid ones are read and their signatures verify; invalid ones fail at either.
/// </summary>
internal sealed class DcapCollateralVectors : IVectorSubject
{
    public string Tee => "dcap-collateral";

    public ValueTask CheckFileAsync(VectorEntry file)
    {
        var found = new List<object>();
        var bytes = file.Read();
        var (malformed, problem) = Examine(bytes, found);
        switch (file.Verdict)
        {
            case "valid" when CollateralDocument.IsUnsigned(bytes):
                Assert.Null(malformed);
                Assert.NotNull(problem);
                break;
            case "valid":
                Assert.Null(malformed ?? problem);
                break;
            case "parse-only":
                Assert.Null(malformed);
                break;
            case "invalid":
                Assert.NotNull(malformed ?? problem);
                break;
            default:
                Assert.Fail($"the verdict '{file.Verdict}' is not known");
                break;
        }

        if (file.Expected is { } expected)
            RequireValues(expected, problem, Assert.Single(found));

        return ValueTask.CompletedTask;
    }

    public ValueTask CheckCaseAsync(VectorEntry @case) => throw new InvalidDataException("no form of case is known for collateral");

    /// <summary>Why a file cannot be read, or what is wrong with what was read; and all that was read.</summary>
    private static (string? Malformed, string? Problem) Examine(byte[] bytes, List<object> found)
    {
        try
        {
            var parts = CollateralDocument.Split(bytes).ToArray();
            Assert.NotEmpty(parts);
            return (null, parts.Select(part => ExaminePart(part, found)).ToArray().FirstOrDefault(problem => problem is not null));
        }
        catch (MalformedDataException error)
        {
            return (error.Message, null);
        }
    }

    private static string? ExaminePart(byte[] part, List<object> found)
    {
        var text = part.AsSpan().TrimStart(" \r\n\t"u8);
        if (text.StartsWith("-----BEGIN CERTIFICATE"u8))
            return ExamineChain(PemCertificates.Parse(Encoding.ASCII.GetString(part)), found);

        if (!text.StartsWith("{"u8))
            return ExamineList(CertificateRevocationList.Parse(part), found);

        var root = StrictJson.Parse(part, "vector", part.Length).RootElement;
        if (root.TryGetProperty("tcbInfo", out _))
        {
            var signed = TcbInfo.Parse(part);
            found.Add(signed.Body);
            return ExamineSignature(signed.Text, signed.Signature);
        }

        if (root.TryGetProperty("tcbEvaluationDataNumbers", out var numbers))
        {
            Assert.NotEqual(0, numbers.GetProperty("tcbEvalNumbers").GetArrayLength());
            found.Add(numbers);
            return ExamineSignature(
                Encoding.UTF8.GetBytes(numbers.GetRawText()), Convert.FromHexString(root.GetProperty("signature").GetString()!));
        }

        var identity = QeIdentity.Parse(part);
        found.Add(identity.Body);
        return ExamineSignature(identity.Text, identity.Signature);
    }

    private static string? ExamineSignature(byte[] text, byte[] signature)
    {
        using var key = VerificationKey.Import(IntelAuthorities.All[1].SubjectPublicKeyInfo.Span);
        return key.VerifyEcdsa(System.Security.Cryptography.HashAlgorithmName.SHA256, text, signature) ? null
            : "the signature does not verify";
    }

    private static string? ExamineList(CertificateRevocationList list, List<object> found)
    {
        found.Add(list);
        return IntelAuthorities.Find(list.Issuer) is { } issuer ? list.FindProblem(issuer) : $"{list.Issuer} is no authority of Intel's";
    }

    private static string? ExamineChain(IReadOnlyList<Certificate> chain, List<object> found)
    {
        found.Add(chain);
        foreach (var certificate in chain)
        {
            var issuer = chain.FirstOrDefault(one => one.Subject.Equals(certificate.Issuer)) ?? IntelAuthorities.Find(certificate.Issuer);
            var problem = issuer is null ? $"there is no {certificate.Issuer}" : CertificateIssuance.FindProblem(certificate, issuer);
            if (problem is null && certificate.Issuer.Equals(certificate.Subject)
                && VerificationKey.Digest(certificate.SubjectPublicKeyInfo.Span) != IntelRoot.KeyDigest)
                problem = "its root is not Intel's";

            if (problem is not null)
                return problem;

            if (certificate.Subject.CommonName is "Intel SGX PCK Certificate")
                PckExtensions.Parse(certificate);
        }

        return null;
    }

    private static void RequireValues(JsonElement expected, string? problem, object found)
    {
        foreach (var member in expected.EnumerateObject())
        {
            var actual = (member.Name, found) switch
            {
                ("signature_verifies", _) => problem is null,
                ("version", TcbInfo info) => info.Version,
                ("version", QeIdentity) => 2,
                ("id", TcbInfo { Version: 2 }) => "",
                ("id", TcbInfo info) => info.IsTdx ? "TDX" : "SGX",
                ("id", QeIdentity identity) => identity.Id,
                ("issueDate", TcbInfo info) => Iso(info.IssueDate),
                ("issueDate", QeIdentity identity) => Iso(identity.IssueDate),
                ("nextUpdate", TcbInfo info) => Iso(info.NextUpdate),
                ("nextUpdate", QeIdentity identity) => Iso(identity.NextUpdate),
                ("tcbEvaluationDataNumber", TcbInfo info) => info.EvaluationDataNumber,
                ("tcbEvaluationDataNumber", QeIdentity identity) => identity.EvaluationDataNumber,
                ("tcbLevels", TcbInfo info) => info.Levels.Count,
                ("tcbLevels", QeIdentity identity) => identity.Levels.Count,
                ("fmspc", TcbInfo info) => Convert.ToHexStringLower(info.Fmspc),
                ("pceId", TcbInfo info) => Convert.ToHexStringLower(info.PceId),
                ("issuer_cn", CertificateRevocationList list) => list.Issuer.CommonName!,
                ("thisUpdate", CertificateRevocationList list) => Plain(list.ThisUpdate),
                ("nextUpdate", CertificateRevocationList list) => Plain(list.NextUpdate),
                ("revoked_entries", CertificateRevocationList list) => (object)list.Count,
                _ => throw new InvalidDataException($"the expected value '{member.Name}' is not known for {found.GetType().Name}"),
            };
            Assert.Equal($"{member.Name}={member.Value}", $"{member.Name}={actual}");
        }
    }

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    private static string Plain(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'+00:00'");
}
