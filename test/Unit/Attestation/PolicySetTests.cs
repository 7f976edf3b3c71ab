using System.Text.Json.Nodes;
using Nacre.Attestation;
using Nacre.Attestation.Appraisal;
using Nacre.Evidence.Protocol;
using Nacre.Storage.Memory;
using Nacre.Verifiers;

namespace Nacre.UnitTests.Attestation;

/// <summary>Several policies over one piece of evidence: the worst counts, and the token says who decided.</summary>
[Trait("Group", "TrustPolicies")]
public sealed class PolicySetTests
{
    private const string Good = """
        package policy
        trust_claims := {"executables": 3, "hardware": 2}
        extensions := [{"name": "x", "key": 100, "value": 1}]
        """;

    private const string Unsure = "package policy\ntrust_claims := {\"executables\": 33, \"hardware\": 2}\n";
    private const string Silent = "package policy\n";
    private const string Other = "package policy\ntrust_claims := {\"hardware\": 2}\nextensions := [{\"name\": \"x\", \"key\": 100, \"value\": 2}]\n";

    [Theory]
    [InlineData(new[] { 2, 3 }, 3)]
    [InlineData(new[] { 3, 2 }, 3)]
    [InlineData(new[] { 0, 2 }, 2)]
    [InlineData(new[] { 2, 33 }, 33)]
    [InlineData(new[] { 97, 33 }, 97)]
    [InlineData(new[] { -97, 96 }, -97)]
    [InlineData(new[] { 1, 0 }, 1)]
    public void The_worst_of_each_claim_wins(int[] values, int worst)
    {
        var vectors = values.Select(value => TrustVector.TryCreate(new Dictionary<string, long> { ["executables"] = value })!).ToList();
        Assert.Equal(worst, TrustVector.Worst(vectors).Claims.Single(claim => claim.Name == "executables").Value);
    }

    [Theory]
    [InlineData("affirming", "good")]
    [InlineData("warning", "good", "unsure")]
    [InlineData("warning", "unsure", "good")]
    [InlineData("none", "good", "silent")]
    [InlineData("none", "silent")]
    public async Task All_policies_must_be_content(string status, params string[] sets)
    {
        var submodule = Submodule(await AttestAsync(sets));

        Assert.Equal(status, (string?)submodule["ear.status"]);
        Assert.Equal(sets[0], (string?)submodule["ear.appraisal-policy-id"]);
        var policies = submodule["ear.nacre.appraisal-policies"]!.AsArray();
        Assert.Equal(sets.Select(set => $"{set}_cpu"), policies.Select(policy => (string?)policy!["id"]));
        Assert.All(policies, policy => Assert.StartsWith("sha256:", (string?)policy!["digest"], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Findings_are_those_of_every_policy()
    {
        var attested = Assert.IsType<Attested>(await AttestAsync(["good", "unsure"]));
        Assert.Contains("unsure_cpu.rego", Assert.Single(attested.Findings).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Policies_that_contradict_each_other_decide_nothing()
    {
        Assert.Contains("'x'", Assert.IsType<NotAttested>(await AttestAsync(["good", "other"])).Reason, StringComparison.Ordinal);
        Assert.Equal(1, (int?)Submodule(await AttestAsync(["good", "unsure"]))["x"]);
    }

    [Fact]
    public async Task A_policy_that_is_missing_is_no_consent() =>
        Assert.Contains("'absent_cpu'", Assert.IsType<NotAttested>(await AttestAsync(["good", "absent"])).Reason, StringComparison.Ordinal);

    private static JsonObject Submodule(AttestationOutcome outcome) =>
        Assert.IsType<Attested>(outcome).Claims["submods"]!["cpu0"]!.AsObject();

    private static async Task<AttestationOutcome> AttestAsync(string[] sets)
    {
        await using var store = new MemoryStore();
        using var service = await AttestationService.OpenAsync(
            store, VerifierList.Create(new() { AllowSampleEvidence = true }), new(), TimeProvider.System, CancellationToken.None);
        foreach (var (name, text) in new[] { ("good", Good), ("unsure", Unsure), ("silent", Silent), ("other", Other) })
            await service.Policies.SetAsync(new($"{name}_cpu", text), new("owner", TimeProvider.System.GetUtcNow()), CancellationToken.None);

        var reportData = new byte[64];
        var evidence = new JsonObject { ["svn"] = "1", ["report_data"] = Convert.ToBase64String(reportData) };
        return await service.AttestAsync(
            new() { Evidence = [new("sample", JsonText.Utf8(evidence), reportData)], PolicySets = sets }, CancellationToken.None);
    }
}
