using System.Text;
using System.Text.Json;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Tpm;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Azure;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of Azure confidential VMs on SEV-SNP.</summary>
internal sealed class AzureSnpVectors : IVectorSubject
{
    private static readonly AzSnpVtpmVerifier s_verifier = new(new());

    public string Tee => "az-snp-vtpm";

    public async ValueTask CheckFileAsync(VectorEntry file)
    {
        var bytes = file.Read();
        if (file.Id.StartsWith("parts/", StringComparison.Ordinal))
        {
            CheckPart(file.Id, bytes);
            return;
        }

        var evidence = Unwrap(bytes);
        var nonce = file.Expected is { } values && values.TryGetProperty("nonce", out var hex) ? Convert.FromHexString(hex.GetString()!) : null;
        var verdict = await s_verifier.VerifyAsync(new() { Evidence = evidence, At = file.EvaluateAt, ReportData = nonce }, default);
        if (file.Verdict != "valid")
        {
            Assert.IsType<Refused>(verdict);
            return;
        }

        Assert.True(verdict is Verified, string.Join('\n', verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed)));
        CheckValues(AzureVtpmEvidence.Parse(evidence, "vcek"), (Verified)verdict, file.Expected!.Value);

        // The same evidence for another challenge.
        var other = await s_verifier.VerifyAsync(new() { Evidence = evidence, At = file.EvaluateAt, ReportData = [1, 2, 3] }, default);
        Assert.IsType<Refused>(other);
    }

    public ValueTask CheckCaseAsync(VectorEntry @case) => throw new InvalidDataException("no form of case is known for this TEE");

    private static void CheckPart(string id, byte[] bytes)
    {
        if (id.Contains("hcl-report", StringComparison.Ordinal))
            Assert.NotNull(HclRuntimeData.Parse(HclReport.Parse(bytes).VariableData));
        else if (id.EndsWith(".msg", StringComparison.Ordinal))
            Assert.Single(TpmAttest.Parse(bytes).Selection);
        else if (id.Contains("var-data", StringComparison.Ordinal))
            Assert.NotNull(HclRuntimeData.Parse(bytes));
        else if (id.Contains("akpub", StringComparison.Ordinal))
            Assert.Equal("RSA-2048", Key(Encoding.ASCII.GetString(bytes)).Kind);
        else if (bytes.AsSpan().StartsWith("-----BEGIN"u8))
            Assert.NotEmpty(PemCertificates.Parse(Encoding.ASCII.GetString(bytes)));
        else if (id.EndsWith(".der", StringComparison.Ordinal))
            Assert.NotNull(Certificate.Parse(bytes));
        else
            Assert.NotEmpty(bytes);
    }

    private static void CheckValues(AzureVtpmEvidence evidence, Verified verdict, JsonElement expected)
    {
        var hcl = evidence.HclReport;
        Assert.Equal(expected.GetProperty("hcl").GetProperty("version").GetUInt32(), hcl.Version);
        Assert.Equal(expected.GetProperty("hcl").GetProperty("report_size").GetUInt32(), hcl.ReportSize);
        var runtime = expected.GetProperty("runtime_data");
        Assert.Equal(runtime.GetProperty("report_type").GetInt32(), (int)hcl.Type);
        Assert.Equal(runtime.GetProperty("var_len").GetInt32(), hcl.VariableData.Length);
        Assert.Equal(
            expected.GetProperty("user_data").GetString(), Convert.ToHexString(HclRuntimeData.Parse(hcl.VariableData).UserData!), ignoreCase: true);

        var claims = verdict.Claims[0].Claims;
        Assert.Equal(expected.GetProperty("nonce").GetString(), claims["report_data"]!.GetValue<string>());
        Assert.Equal(expected.GetProperty("pcr8").GetString(), claims["init_data"]!.GetValue<string>());
        var snp = expected.GetProperty("snp");
        Assert.Equal(Convert.ToBase64String(Convert.FromHexString(snp.GetProperty("measurement").GetString()!)), claims["measurement"]!.GetValue<string>());
        Assert.Equal(snp.GetProperty("guest_svn").ToString(), claims["guest_svn"]!.GetValue<string>());
    }

    private static byte[] Unwrap(byte[] json)
    {
        var root = JsonDocument.Parse(json).RootElement;
        return root.TryGetProperty("platform", out _) ? Encoding.UTF8.GetBytes(root.GetProperty("evidence").GetRawText()) : json;
    }

    private static VerificationKey Key(string pem)
    {
        using var rsa = System.Security.Cryptography.RSA.Create();
        rsa.ImportFromPem(pem);
        return VerificationKey.Import(rsa.ExportSubjectPublicKeyInfo());
    }
}
