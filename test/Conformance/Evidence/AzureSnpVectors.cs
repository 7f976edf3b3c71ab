using System.Text.Json;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Snp;
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
        if (!AzureDocument.IsEvidence(bytes))
        {
            AzureDocument.RequirePart(bytes);
            return;
        }

        var evidence = AzureDocument.Unwrap(bytes);
        var nonce = file.Expected is { } values && values.TryGetProperty("nonce", out var hex) ? Convert.FromHexString(hex.GetString()!) : null;
        var verdict = await s_verifier.VerifyAsync(new() { Evidence = evidence, At = file.EvaluateAt, ReportData = nonce }, default);
        if (file.Verdict != "valid")
        {
            Assert.Equal("invalid", file.Verdict);
            Assert.IsType<Refused>(verdict);
            return;
        }

        Assert.True(verdict is Verified, string.Join('\n', verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed)));
        AzureExpectations.Require(AzureVtpmEvidence.Parse(evidence, "vcek"), verdict, file.Expected!.Value, RequireProcessor);

        // The same evidence for another challenge.
        var other = await s_verifier.VerifyAsync(new() { Evidence = evidence, At = file.EvaluateAt, ReportData = [1, 2, 3] }, default);
        Assert.IsType<Refused>(other);
    }

    public ValueTask CheckCaseAsync(VectorEntry @case) => throw new InvalidDataException("no form of case is known for this TEE");

    private static bool RequireProcessor(AzureVtpmEvidence evidence, Verdict verdict, string name, JsonElement expected)
    {
        if (name == "snp")
        {
            var report = SnpReport.Parse(evidence.HclReport.HardwareReport);
            var fields = SnpReportFields.Of(report, SnpProduct.Milan).ToDictionary(field => field.Name, field => field.Value);
            foreach (var member in expected.EnumerateObject())
                Assert.Equal($"{member.Name}={SnpReportFields.Normal(member.Value)}", $"{member.Name}={fields[member.Name]}");
            return true;
        }

        if (name != "vcek")
            return false;

        foreach (var member in expected.EnumerateObject())
        {
            if (member.Name == "issuer")
                Assert.Equal(member.Value[1].GetString(), AzureDocument.Leaf(evidence.Endorsement).Issuer.CommonName);
            else
                AzureExpectations.RequireOutcome(verdict, member.Name switch
                {
                    "signature" => "snp.report.signature",
                    "chip" => "snp.vek.chip_id",
                    "tcb_equal" => "snp.vek.tcb",
                    _ => throw new InvalidDataException($"the expected value '{member.Name}' is not known"),
                }, member.Value.GetBoolean());
        }

        return true;
    }
}
