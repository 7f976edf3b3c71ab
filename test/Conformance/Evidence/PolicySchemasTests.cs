using Nacre.Attestation.Policies;
using Nacre.KeyBroker.Resources;
using Nacre.Rego;
using Nacre.Verifiers.Schemas;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Policies against the schemas of what they see: what exists passes, what is misspelt is named.</summary>
[Trait("Group", "EvidenceSchemas")]
public sealed class PolicySchemasTests
{
    [Fact]
    public void The_default_policies_use_only_claims_that_exist()
    {
        var input = ClaimsSchemas.Input().ToJsonString();
        Assert.All(DefaultPolicies.All, policy => Assert.Empty(Warnings(policy.Text, input)));
        Assert.NotEmpty(Warnings(DefaultPolicies.All[0].Text, ClaimsSchemas.Input("snp").ToJsonString()));
    }

    [Fact]
    public void The_default_release_policy_uses_only_what_a_token_has() =>
        Assert.Empty(Warnings(ReleasePolicy.Default.Text, ClaimsSchemas.Token().ToJsonString()));

    [Theory]
    [InlineData("input.az_snp_vtpm.measurement", "`input.az_snp_vtpm`: no such claim, did you mean `az-snp-vtpm`")]
    [InlineData("input.snp.measurment", "`input.snp.measurment`: no such claim, did you mean `measurement`")]
    [InlineData("input.snp.report_data", "`input.snp.report_data`: no such claim")]
    [InlineData("input.tdx.quote.body.rtmr0", "`input.tdx.quote.body.rtmr0`: no such claim, did you mean `rtmr_0`")]
    [InlineData("input.tdx.uefi_event_logs[0].typename", "`input.tdx.uefi_event_logs[_].typename`: no such claim, did you mean `type_name`")]
    public void A_claim_that_does_not_exist_is_warned_of(string reference, string expected)
    {
        var warning = Assert.Single(Warnings($"package policy\nallow if {reference}", ClaimsSchemas.Input().ToJsonString()));
        Assert.StartsWith(expected, warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("input.submods.gpu1[\"ear.veraison.annotated-evidence\"].snp.vmpl", null)]
    [InlineData("input.submods.cpu0[\"ear.mine\"].anything", null)]
    [InlineData("input.submods.cpu0[\"ear.veraison.annotated-evidence\"].snp.vmlp", "vmpl")]
    [InlineData("input.submod.cpu0", "submods")]
    public void A_token_is_known_down_to_its_claims(string reference, string? meant)
    {
        var warnings = Warnings($"package policy\nallow if {reference}", ClaimsSchemas.Token().ToJsonString());
        Assert.Equal(meant is null ? 0 : 1, warnings.Count);
        Assert.All(warnings, warning => Assert.EndsWith($"did you mean `{meant}`", warning, StringComparison.Ordinal));
    }

    [Fact]
    public void A_TEE_without_claims_is_refused() => Assert.Throws<ArgumentException>(() => ClaimsSchemas.For("no-such-tee"));

    private static List<string> Warnings(string policy, string schema) =>
    [
        .. RegoProgram.Compile([new RegoSource("policy.rego", policy)], new() { HostBuiltins = [ReferenceQuery.Builtin] })
            .CheckInput(RegoValue.Parse(schema)).Select(warning => warning.Message),
    ];
}
