using System.Text.Json;
using Nacre.Evidence.Csv;
using Nacre.Verifiers;
using Nacre.Verifiers.Csv;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of Hygon CSV. A report names no chain, so a file is tried with each chain of its manifest.</summary>
internal sealed class CsvVectors : IVectorSubject
{
    public string Tee => "csv";

    public async ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        if (file.Verdict is "reference")
            return;

        if (bytes[0] == (byte)'{')
            await CheckJsonAsync(file, bytes);
        else if (bytes.Length is HygonAuthorityCertificate.Size or HygonCertificate.Size or HygonAuthorityCertificate.Size + HygonCertificate.Size)
            CheckCertificates(file, bytes);
        else
            await CheckReportAsync(file, bytes);
    }

    public async ValueTask CheckCaseAsync(VectorEntry @case)
    {
        if (@case.Input("hrk") is { } root)
            Assert.True(HygonAuthorityCertificate.Parse(root) is { Usage: HygonAuthorityCertificate.RootUsage });

        var chain = HygonChain.Parse(@case.Input("hsk_cek")!);
        var verdict = await VerifyAsync(new(), @case.Input("report")!, chain, @case.EvaluateAt);
        Assert.Equal(@case.Verdict == "valid", verdict is Verified);
        if (@case.Expected is { } expected && expected.TryGetProperty("mac", out var mac))
            Assert.Equal(mac.GetBoolean(), Passed(verdict, "csv.report.mac"));
    }

    private static async Task CheckReportAsync(VectorEntry file, byte[] bytes)
    {
        var verdicts = new List<Verdict>();
        foreach (var chain in Chains(file))
            verdicts.Add(await VerifyAsync(new(), bytes, chain, file.EvaluateAt));

        // A guest in debug is for the policy of the verifier; whether the report is genuine is what the manifest says.
        var lax = new List<Verdict>();
        foreach (var chain in Chains(file))
            lax.Add(await VerifyAsync(new() { AllowDebug = true }, bytes, chain, file.EvaluateAt));
        switch (file.Verdict)
        {
            case "valid":
                Assert.Contains(verdicts, verdict => verdict is Verified);
                break;
            case "policy-refuse":
                Assert.DoesNotContain(verdicts, verdict => verdict is Verified);
                Assert.Contains(lax, verdict => verdict is Verified);
                break;
            case "valid up to PEK":
                Assert.Contains(lax, verdict => ((Refused)verdict).Failures.All(check => check.Id.StartsWith("csv.chain.", StringComparison.Ordinal)));
                break;
            case "invalid":
                Assert.All(lax, verdict => Assert.IsType<Refused>(verdict));
                break;
            default:
                Assert.Fail($"the verdict '{file.Verdict}' is not known");
                break;
        }

        if (file.Expected is { } expected)
            CheckFields(CsvReport.Parse(bytes, isExtended: false), lax[0], expected);
    }

    private static async Task CheckJsonAsync(VectorEntry file, byte[] bytes)
    {
        var verdict = await new CsvVerifier(new() { AllowDebug = true }).VerifyAsync(new() { Evidence = bytes, At = file.EvaluateAt }, default);
        switch (file.Verdict)
        {
            case "valid":
                Assert.IsType<Verified>(verdict);
                break;
            case "valid up to PEK":
                Assert.Equal(["csv.chain.present"], Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id));
                break;
            default:
                Assert.IsType<Refused>(verdict);
                break;
        }

        if (file.Expected is { } expected)
            CheckFields(CsvEvidence.Parse(bytes).Report, verdict, expected);
    }

    private static void CheckCertificates(VectorEntry file, byte[] bytes)
    {
        var chain = bytes.Length == HygonCertificate.Size + HygonAuthorityCertificate.Size ? HygonChain.Parse(bytes) : null;
        var authority = bytes.Length == HygonAuthorityCertificate.Size ? HygonAuthorityCertificate.Parse(bytes) : chain?.SigningKey;
        var certificate = bytes.Length == HygonCertificate.Size ? HygonCertificate.Parse(bytes) : chain?.ChipKey;
        var authorities = Authorities(file).ToList();
        var isSigned = (authority is null || authorities.Exists(signer => signer.Key.Verify(authority.Body.Span, authority.Signature)))
            && (certificate is null || authorities.Exists(signer => certificate.Signatures.Any(slot => signer.Key.Verify(certificate.Body.Span, slot.Signature))));
        Assert.Equal(file.Verdict == "valid", isSigned);
        foreach (var member in file.Expected is { } expected ? expected.EnumerateObject().ToArray() : [])
            Assert.Equal(member.Value.ToString().ToLowerInvariant(), member.Name switch
            {
                "kid" => Convert.ToHexStringLower(authority!.KeyId),
                "sid" => Convert.ToHexStringLower(certificate?.SignerId ?? authority!.SignerId),
                "usage" => $"0x{certificate?.Usage ?? authority!.Usage:x}",
                "uid" => (certificate?.Key ?? authority!.Key).UserId.ToLowerInvariant(),
                "self_signature" => authority!.Key.Verify(authority.Body.Span, authority.Signature) ? "true" : "false",
                var name => throw new InvalidOperationException($"the expected value '{name}' is not known"),
            });
    }

    private static void CheckFields(CsvReport report, Verdict verdict, JsonElement expected)
    {
        foreach (var member in expected.EnumerateObject())
        {
            var actual = member.Name switch
            {
                "anonce" => Hex(report.Anonce!),
                "policy" => $"0x{report.Policy.Raw:x8}",
                "vm_id" => Hex(report.VmId),
                "vm_version" => Hex(report.VmVersion),
                "report_data" => Hex(report.ReportData),
                "mnonce" => Hex(report.Mnonce),
                "measure" => Hex(report.Measure),
                "user_pubkey_digest" => Hex(report.UserPublicKeyDigest),
                "sig_usage" => $"0x{report.SignatureUsage:x}",
                "sig_algo" => $"0x{report.SignatureAlgorithm:x}",
                "serial_number" => report.SerialNumber,
                "pek_uid" => report.Signer.Key.UserId,
                "hmac_sm3_ok" => report.IsMacRight == true ? "True" : "False",
                "report_signature_ok" or "report_signature_under_pek" => Passed(verdict, "csv.report.signature").ToString(),
                "pek_signed_by_cek" => Passed(verdict, "csv.chain.pek").ToString(),
                "pek_equals_pek_in_report" => Passed(verdict, "csv.pek").ToString(),
                "format" or "cc_eventlog" => member.Value.ToString(),
                _ => throw new InvalidOperationException($"the expected value '{member.Name}' is not known"),
            };
            Assert.Equal($"{member.Name}={member.Value}", $"{member.Name}={actual}");
        }
    }

    private static IEnumerable<HygonChain> Chains(VectorEntry file) => Files(file, HygonAuthorityCertificate.Size + HygonCertificate.Size).Select(bytes => HygonChain.Parse(bytes));

    private static IEnumerable<HygonAuthorityCertificate> Authorities(VectorEntry file) =>
        Files(file, HygonAuthorityCertificate.Size).Select(bytes => HygonAuthorityCertificate.Parse(bytes)).Append(HygonRoot.Certificate);

    private static IEnumerable<byte[]> Files(VectorEntry file, int size) =>
        file.Manifest.Files.Where(other => other.Verdict == "valid").Select(other => other.Read()).Where(bytes => bytes.Length == size);

    private static bool Passed(Verdict verdict, string id) => verdict.Checks.Any(check => check.Id == id && check.Outcome == CheckOutcome.Passed);

    private static string Hex(byte[] value) => Convert.ToHexStringLower(value);

    private static ValueTask<Verdict> VerifyAsync(CsvOptions options, byte[] report, HygonChain chain, DateTimeOffset at) =>
        new CsvVerifier(options).VerifyReportAsync(report, isExtended: false, chain, new() { Evidence = default, At = at }, default);
}
