using System.Text.Json.Nodes;
using Nacre.Evidence.Azure;
using Nacre.Verifiers;
using Nacre.Verifiers.Azure;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Genuine evidence of an Azure confidential VM for something else is refused.</summary>
[Trait("Group", "EvidenceAzure")]
public sealed class AzureAttackTests
{
    private const string Vector = "az-snp-vtpm/evidence/trustee_evidence-v2.json";

    private static readonly DateTimeOffset s_at = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly AzSnpVtpmVerifier s_verifier = new(new());

    [Fact]
    public async Task Refuses_other_report_data_and_other_init_data()
    {
        var verdict = await s_verifier.VerifyAsync(
            new() { Evidence = SharedVectors.Read(Vector), At = s_at, ReportData = [1], InitDataDigest = [2] }, default);
        var failures = Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id).ToArray();
        Assert.Equal(["azure.quote.extra_data", "azure.hcl.user_data", "azure.init_data"], failures);
    }

    [Fact]
    public async Task Accepts_exactly_the_init_data_that_pcr_8_was_extended_with()
    {
        var json = JsonNode.Parse(SharedVectors.Read(Vector))!;
        Assert.IsType<Verified>(await VerifyAsync(json));
        Assert.Equal(2, AzureVtpmEvidence.Parse(SharedVectors.Read(Vector), "vcek").Version);

        // Nothing was extended here, so no digest fits, not even one of zeros.
        var verdict = await s_verifier.VerifyAsync(new() { Evidence = SharedVectors.Read(Vector), At = s_at, InitDataDigest = new byte[32] }, default);
        Assert.Equal("azure.init_data", Assert.Single(Assert.IsType<Refused>(verdict).Failures).Id);
    }

    private static async Task<Verdict> VerifyAsync(JsonNode json) =>
        await s_verifier.VerifyAsync(new() { Evidence = System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), At = s_at }, default);
}
