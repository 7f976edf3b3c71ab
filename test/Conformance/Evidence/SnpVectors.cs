using System.Text;
using System.Text.Json;
using Nacre.Evidence.Snp;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Snp;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of AMD SEV-SNP.</summary>
internal sealed class SnpVectors : IVectorSubject
{
    private static readonly SnpVerifier s_strict = new(new());
    private static readonly SnpVerifier s_lax = new(new() { AllowDebug = true, LeastPrivilegedVmpl = 3 });
    private static readonly string[] s_policyChecks = ["snp.report.vmpl", "snp.report.debug"];

    public string Tee => "snp";

    public async ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        if (file.Verdict == "reference")
            return;

        if (file.Id.EndsWith(".json", StringComparison.Ordinal))
            await CheckJsonAsync(file, bytes);
        else if (file.Id.StartsWith("tsm/", StringComparison.Ordinal))
            CheckTable(file, bytes);
        else if (bytes.AsSpan().StartsWith("-----BEGIN"u8))
            CheckPem(file, Encoding.ASCII.GetString(bytes));
        else if (file.Id.EndsWith(".der", StringComparison.Ordinal))
            CheckCertificate(file, Certificate.Parse(bytes), file.Expected);
        else if (file.Id.EndsWith(".base64", StringComparison.Ordinal))
            Assert.NotEmpty(Convert.FromBase64String(Encoding.ASCII.GetString(bytes)));
        else
            await CheckReportAsync(file, bytes);
    }

    public async ValueTask CheckCaseAsync(VectorEntry @case)
    {
        var verdict = await VerifyAsync(s_strict, @case.Input("report")!, @case.Input("vek"), @case.EvaluateAt);
        await RequireVerdictAsync(
            @case.Verdict, verdict, () => VerifyAsync(s_lax, @case.Input("report")!, @case.Input("vek"), @case.EvaluateAt));

        if (@case.Expected is not { } expected)
            return;

        RequireOutcome(verdict, "snp.report.signature", expected.GetProperty("report_signature").GetBoolean());
        RequireOutcome(verdict, "snp.vek.tcb", expected.GetProperty("tcb_equals_cert").GetBoolean());
        if (expected.GetProperty("chip_id_matches") is { ValueKind: not JsonValueKind.Null } chip)
            RequireOutcome(verdict, "snp.vek.chip_id", chip.GetBoolean());

        var issuer = expected.GetProperty("issuer");
        RequireOutcome(verdict, "snp.vek.issuer", issuer.ValueKind == JsonValueKind.Array);
        if (issuer.ValueKind == JsonValueKind.Array)
            Assert.Equal(issuer[1].GetString(), First(@case.Input("vek")!).Issuer.CommonName);
    }

    private static async Task CheckJsonAsync(VectorEntry file, byte[] bytes)
    {
        var root = JsonDocument.Parse(bytes).RootElement;
        if (root.TryGetProperty("vcekCert", out var vcek))
        {
            CheckCertificate(file, PemCertificates.Parse(vcek.GetString())[0], expected: null);
            return;
        }

        if (root.TryGetProperty("platform", out _))
        {
            // Another project's envelope: the report in it is checked as a binary one.
            var inner = root.GetProperty("evidence");
            var report = Convert.FromBase64String(inner.GetProperty("attestation_report").GetString()!);
            var key = Convert.FromBase64String(inner.GetProperty("cert_chain").GetProperty("vcek").GetString()!);
            Assert.IsType<Verified>(await VerifyAsync(s_strict, report, key, file.EvaluateAt));
            return;
        }

        var wrapped = file.Text("wraps") is { } path ? CaseOf(file, path) : null;
        var at = wrapped?.EvaluateAt ?? file.EvaluateAt;
        var submission = new EvidenceSubmission { Evidence = bytes, At = at };
        var hasKey = root.TryGetProperty("cert_chain", out var chain) && chain.ValueKind == JsonValueKind.Array && chain.GetArrayLength() > 0;
        var collateral = hasKey || wrapped is null ? null : new OneVcek(wrapped.Input("vek")!);
        var verdict = await new SnpVerifier(new() { Collateral = collateral }).VerifyAsync(submission, default);
        await RequireVerdictAsync(wrapped?.Verdict ?? file.Verdict, verdict, () => s_lax.VerifyAsync(submission, default));

        if (file.Expected is { } expected)
            CheckFields(SnpEvidence.Parse(bytes).Report, expected);
        if (!hasKey)
            RequireOutcome(await s_strict.VerifyAsync(submission, default), "snp.vek.present", passed: false);
    }

    private static async Task CheckReportAsync(VectorEntry file, byte[] bytes)
    {
        if (file.Expected is { } expected)
            CheckFields(SnpReport.Parse(bytes), expected);

        var genuine = CaseOf(file, file.Text("derived_from") ?? file.Id);
        Assert.True(genuine is not null, "no case says with which certificate the report verifies");
        var key = genuine.Input("vek");
        await RequireVerdictAsync(
            file.Verdict, await VerifyAsync(s_strict, bytes, key, genuine.EvaluateAt), () => VerifyAsync(s_lax, bytes, key, genuine.EvaluateAt));
    }

    private static void CheckPem(VectorEntry file, string pem)
    {
        var certificates = PemCertificates.Parse(pem);
        var list = file.Expected is { ValueKind: JsonValueKind.Array } expected ? [.. expected.EnumerateArray()] : Array.Empty<JsonElement>();
        if (list.Length > 0)
            Assert.Equal(list.Length, certificates.Count);

        for (var i = 0; i < certificates.Count; i++)
            CheckCertificate(file, certificates[i], list.Length > 0 ? list[i] : i == 0 && list.Length == 0 ? file.Expected : null);
    }

    private static void CheckCertificate(VectorEntry file, Certificate certificate, JsonElement? expected)
    {
        if (expected is { ValueKind: JsonValueKind.Object } values)
            CertificateExpectations.Require(certificate, values);

        var name = certificate.Subject.CommonName;
        if (name is not ("SEV-VCEK" or "SEV-VLEK"))
            return;

        var kind = name == "SEV-VLEK" ? SnpSigningKey.Vlek : SnpSigningKey.Vcek;
        var product = SnpVekChecks.ProductOf(certificate);
        Assert.NotNull(product);
        var issuer = AmdRoots.Of(product.Value).Issuer(kind).Certificate;
        Assert.Equal(file.Verdict != "invalid", CertificateIssuance.FindProblem(certificate, issuer) is null);
        Assert.Equal(product, SnpVekExtensions.Parse(certificate).Product);
    }

    private static void CheckTable(VectorEntry file, byte[] bytes)
    {
        var table = SnpCertificateTable.Parse(bytes);
        var expected = file.Expected!.Value.GetProperty("entries").EnumerateArray().Select(entry => entry.GetString()!.Split(' ')[0]);
        Assert.Equal(expected, table.Select(entry => entry.Type));
        Assert.All(table, entry => Assert.NotNull(PemCertificates.ParseOne(entry.Data)));
    }

    private static void CheckFields(SnpReport report, JsonElement expected)
    {
        var product = report.Product ?? (expected.GetProperty("reported_tcb").TryGetProperty("fmc", out _) ? SnpProduct.Turin : SnpProduct.Milan);
        foreach (var (name, actual) in SnpReportFields.Of(report, product))
        {
            if (!expected.TryGetProperty(name, out var value))
                continue;

            Assert.Equal($"{name}={SnpReportFields.Normal(value)}", $"{name}={actual}");
        }
    }

    private static VectorEntry? CaseOf(VectorEntry file, string report) =>
        file.Manifest.Cases.FirstOrDefault(c => c.InputPath("report") == report && c.Verdict is ("valid" or "policy-refuse"));

    private static async Task RequireVerdictAsync(string expected, Verdict actual, Func<ValueTask<Verdict>> lax)
    {
        switch (expected)
        {
            case "valid" or "valid-but-malleable":
                Assert.True(actual is Verified, Describe(actual));
                break;
            case "policy-refuse":
                Assert.IsType<Refused>(actual);
                Assert.All(((Refused)actual).Failures, check => Assert.Contains(check.Id, s_policyChecks));
                Assert.IsType<Verified>(await lax());
                break;
            case "refuse" or "invalid" or "unsupported":
                Assert.IsType<Refused>(actual);
                break;
            default:
                Assert.Fail($"the verdict '{expected}' is not known");
                break;
        }
    }

    private static ValueTask<Verdict> VerifyAsync(SnpVerifier verifier, byte[] report, byte[]? key, DateTimeOffset at) =>
        verifier.VerifyReportAsync(report, key is null ? null : First(key).Raw.ToArray(), new() { Evidence = default, At = at }, default);

    private static Certificate First(byte[] derOrPem) => derOrPem.AsSpan().StartsWith("-----BEGIN"u8)
        ? PemCertificates.Parse(Encoding.ASCII.GetString(derOrPem))[0] : Certificate.Parse(derOrPem);

    private static void RequireOutcome(Verdict verdict, string id, bool passed) =>
        Assert.Equal(passed, verdict.Checks.Single(check => check.Id == id).Outcome == CheckOutcome.Passed);

    private static string Describe(Verdict verdict) => string.Join('\n', verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed));
}
