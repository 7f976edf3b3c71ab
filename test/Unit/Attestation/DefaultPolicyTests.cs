using System.Text.Json.Nodes;
using Nacre.Attestation.Appraisal;
using Nacre.Attestation.Policies;
using Nacre.Attestation.ReferenceValues;
using Nacre.Evidence.Protocol;
using Nacre.Rego;
using Nacre.Storage.Memory;

namespace Nacre.UnitTests.Attestation;

/// <summary>The rules of trust.md 3.8: each TEE affirmed when everything fits, and not when any one thing does not.</summary>
[Trait("Group", "Trust")]
public sealed class DefaultPolicyTests
{
    private static readonly AttestationPolicy s_policy = AttestationPolicy.Compile(DefaultPolicies.All.Single(policy => policy.Id == "default_cpu"));

    private const string Snp = """
        {"snp":{"measurement":"aa","reported_tcb_bootloader":3,"reported_tcb_microcode":209,"reported_tcb_snp":14,"reported_tcb_tee":0,
        "policy_debug_allowed":false,"policy_migrate_ma":false,"platform_smt_enabled":true,"platform_tsme_enabled":false,"policy_abi_major":1,
        "policy_abi_minor":51,"policy_single_socket":false,"policy_smt_allowed":true}}
        """;

    private const string SnpReferences = """
        {"snp_launch_measurement":["aa","bb"],"snp_bootloader":[3],"snp_microcode":[209,210],"snp_snp_svn":[14],"snp_tee_svn":[0],
        "snp_smt_enabled":true,"snp_tsme_enabled":false,"snp_guest_abi_major":1,"snp_guest_abi_minor":51,"snp_single_socket":false,"snp_smt_allowed":true}
        """;

    private const string Tdx = """
        {"tdx":{"quote":{"header":{"tee_type":"81000000","vendor_id":"939a7233f79c4ca9940a0db3957f0607"},
        "body":{"mr_td":"m","rtmr_1":"r1","rtmr_2":"r2","xfam":"x"}},"tcb_status":"UpToDate","collateral_expiration_status":"0",
        "td_attributes":{"debug":false},"uefi_event_logs":[
        {"type_name":"EV_EFI_BOOT_SERVICES_APPLICATION","details":{"device_paths":["x/File(kernel)"]},"digests":[{"alg":"SHA-384","digest":"k"}]},
        {"type_name":"EV_EVENT_TAG","details":{"string":"LOADED_IMAGE::LoadOptions"},"digests":[{"alg":"SHA-384","digest":"p"}]}]}}
        """;

    private const string TdxReferences = """{"mr_td":["m"],"rtmr_1":["r1"],"rtmr_2":["r2"],"xfam":["x"],"tdvfkernel":"k","tdvfkernelparams":"p"}""";

    private const string Sample = """{"sample":{"svn":"1","launch_digest":"abcde","platform_version":{"major":1,"minor":4},"debug":false}}""";
    private const string SampleReferences = """{"launch_digest":["abcde"],"svn":["1"],"major_version":1,"minimum_minor_version":3}""";

    [Theory]
    [InlineData(Snp, SnpReferences, 3, 2, 2)]
    [InlineData(Tdx, TdxReferences, 3, 2, 2)]
    [InlineData(Sample, SampleReferences, 3, 2, 2)]
    public async Task What_fits_is_affirmed(string input, string references, int executables, int hardware, int configuration) =>
        Assert.Equal((TrustTier.Affirming, executables, hardware, configuration), await AppraiseAsync(input, references));

    [Theory]
    [InlineData(Snp, SnpReferences)]
    [InlineData(Tdx, TdxReferences)]
    [InlineData(Sample, SampleReferences)]
    public async Task Without_reference_values_nothing_is_recognised(string input, string references)
    {
        Assert.NotEmpty(references);
        var (status, executables, hardware, _) = await AppraiseAsync(input, "{}");

        Assert.Equal((TrustTier.Contraindicated, 33, 97), (status, executables, hardware));
    }

    [Theory]
    [InlineData(Snp, SnpReferences)]
    [InlineData(Sample, SampleReferences)]
    [InlineData(Tdx, TdxReferences)]
    public async Task Each_missing_reference_value_is_noticed(string input, string references)
    {
        foreach (var (name, _) in JsonNode.Parse(references)!.AsObject())
        {
            var fewer = JsonNode.Parse(references)!.AsObject();
            fewer.Remove(name);
            var all = await AppraiseAsync(input, references);
            Assert.NotEqual(all, await AppraiseAsync(input, fewer.ToJsonString()));
        }
    }

    [Theory]
    [InlineData("policy_debug_allowed", "true")]
    [InlineData("policy_migrate_ma", "true")]
    public async Task An_snp_guest_that_can_be_looked_into_is_not_configured(string claim, string value)
    {
        var input = JsonNode.Parse(Snp)!;
        input["snp"]![claim] = JsonNode.Parse(value);

        Assert.Equal((TrustTier.Warning, 36), await AppraiseAsync(input.ToJsonString(), SnpReferences) is var (status, _, _, configuration) ? (status, configuration) : default);
    }

    [Fact]
    public async Task A_tdx_guest_whose_kernel_is_not_known_has_only_approved_registers()
    {
        var references = JsonNode.Parse(TdxReferences)!.AsObject();
        references["tdvfkernel"] = "another";

        Assert.Equal((TrustTier.Affirming, 4, 2, 2), await AppraiseAsync(Tdx, references.ToJsonString()));
    }

    [Fact]
    public async Task A_tpm_is_affirmed_when_every_required_register_is_known_and_its_key_is_trusted() =>
        Assert.Equal((TrustTier.Affirming, 3, 2, 0), await AppraiseAsync(Tpm("credential-activation"), TpmReferences()));

    [Theory]
    [InlineData("none")]
    [InlineData(null)]
    public async Task A_tpm_key_that_nobody_vouches_for_is_no_hardware(string? trust)
    {
        var (status, _, hardware, _) = await AppraiseAsync(Tpm(trust), TpmReferences());

        Assert.Equal((TrustTier.Contraindicated, 97), (status, hardware));
    }

    [Fact]
    public async Task Each_required_register_counts()
    {
        foreach (var index in (int[])[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 14])
        {
            var references = JsonNode.Parse(TpmReferences())!.AsObject();
            references[$"tpm_pcr{index:d2}"] = new JsonArray("ff");
            var (status, executables, _, _) = await AppraiseAsync(Tpm("enrolled"), references.ToJsonString());
            Assert.Equal((TrustTier.Warning, 33), (status, executables));
        }
    }

    [Fact]
    public async Task The_owner_chooses_the_registers()
    {
        Assert.Equal((TrustTier.Affirming, 3, 2, 0), await AppraiseAsync(Tpm("enrolled"), """{"tpm_pcrs_required":[11],"tpm_pcr11":["11"]}"""));

        // An empty list must not mean that everything is affirmed.
        Assert.Equal((TrustTier.Warning, 33, 2, 0), await AppraiseAsync(Tpm("enrolled"), """{"tpm_pcrs_required":[],"tpm_pcr11":["11"]}"""));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"sgx":{"body":{"mr_enclave":"aa"}}}""")]
    [InlineData("""{"tpm":{}}""")]
    [InlineData("""{"snp":{}}""")]
    public async Task What_no_rule_speaks_of_is_never_affirmed(string input) =>
        Assert.NotEqual(TrustTier.Affirming, (await AppraiseAsync(input, SnpReferences)).Status);

    [Fact]
    public async Task Findings_name_the_register_the_values_and_the_line()
    {
        var references = JsonNode.Parse(TpmReferences())!.AsObject();
        references["tpm_pcr08"] = new JsonArray("aa", "bb");
        references.Remove("tpm_pcr14");
        var (input, query) = await PrepareAsync(Tpm("enrolled"), references.ToJsonString());
        var rego = RegoValue.Parse(input.ToJsonString());

        var vector = s_policy.Evaluate(rego, query, CancellationToken.None).Vector;
        var findings = Findings.Create("tpm", input, s_policy, vector, rego, query, CancellationToken.None).Select(finding => finding.ToString()).ToList();

        Assert.Equal(2, findings.Count);
        Assert.StartsWith("tpm.pcr08 is 0x08, reference value tpm_pcr08 allows 0xaa or 0xbb; policy default_cpu.rego:", findings[0], StringComparison.Ordinal);
        Assert.StartsWith("tpm.pcr14 is 0x14, reference value tpm_pcr14 is not registered or has expired; policy default_cpu.rego:", findings[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trust_claims := {\"executables\": 300}")]
    [InlineData("trust_claims := {\"unknown\": 1}")]
    [InlineData("trust_claims := {\"executables\": 1.5}")]
    [InlineData("trust_claims := [1]")]
    [InlineData("trust_claims := {}")]
    [InlineData("trust_claims := {\"executables\": 2}\nextensions := {}")]
    [InlineData("trust_claims := {\"executables\": 2}\nextensions := [{\"key\": 1}]")]
    public void A_policy_that_gives_no_trust_vector_is_an_error_and_not_a_default(string rules)
    {
        var policy = AttestationPolicy.Compile(new PolicyDocument("odd", $"package policy\n{rules}\n"));
        using var store = new ReferenceValueStore(new MemoryStore(), TimeProvider.System);

        Assert.Throws<PolicyResultException>(() => policy.Evaluate(RegoValue.Parse("{}"), new ReferenceQuery(Empty(), default), CancellationToken.None));
    }

    [Fact]
    public void An_absent_rule_asserts_nothing()
    {
        var policy = AttestationPolicy.Compile(new PolicyDocument("none", "package policy\n"));

        Assert.Equal(TrustTier.None, policy.Evaluate(RegoValue.Parse("{}"), new ReferenceQuery(Empty(), default), CancellationToken.None).Vector.Status);
    }

    private static ReferenceValueSnapshot Empty() => new(System.Collections.Frozen.FrozenDictionary<string, ReferenceValue>.Empty);

    private static string Tpm(string? trust)
    {
        var tpm = new JsonObject { ["ak_trust"] = trust };
        for (var index = 0; index < 24; index++)
            tpm[$"pcr{index:d2}"] = $"{index:d2}";
        return new JsonObject { ["tpm"] = tpm }.ToJsonString();
    }

    private static string TpmReferences()
    {
        var references = new JsonObject();
        for (var index = 0; index < 24; index++)
            references[$"tpm_pcr{index:d2}"] = new JsonArray($"{index:d2}");
        return references.ToJsonString();
    }

    private static async Task<(TrustTier Status, int Executables, int Hardware, int Configuration)> AppraiseAsync(string input, string references)
    {
        var (document, query) = await PrepareAsync(input, references);
        var vector = s_policy.Evaluate(RegoValue.Parse(JsonText.Utf8(document)), query, CancellationToken.None).Vector;
        var claims = vector.Claims.ToDictionary(claim => claim.Name, claim => claim.Value);
        return (vector.Status, claims["executables"], claims["hardware"], claims["configuration"]);
    }

    private static async Task<(JsonObject Input, ReferenceQuery Query)> PrepareAsync(string input, string references)
    {
        using var store = new ReferenceValueStore(new MemoryStore(), TimeProvider.System);
        var values = JsonNode.Parse(references)!.AsObject().Select(value => (value.Key, value.Value?.DeepClone())).ToList();
        await store.RegisterAsync(new("sample", "sha256:", new(values)), "owner", CancellationToken.None);
        return (JsonNode.Parse(input)!.AsObject(), new ReferenceQuery(await store.SnapshotAsync(CancellationToken.None), TimeProvider.System.GetUtcNow()));
    }
}
