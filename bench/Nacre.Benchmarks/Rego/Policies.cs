using System.Text;
using Nacre.Attestation.Policies;
using Nacre.Rego;

namespace Nacre.Benchmarks.Rego;

/// <summary>The policies that are measured, and inputs that meet them.</summary>
internal static class Policies
{
    public static string Attestation => DefaultPolicies.All.Single(policy => policy.Id == "default_cpu").Text;

    private static readonly Dictionary<string, RegoValue> s_references = new()
    {
        ["snp_launch_measurement"] = RegoValue.Parse("[\"m0\",\"m1\"]"),
        ["snp_bootloader"] = RegoValue.Parse("[3,4]"),
        ["snp_microcode"] = RegoValue.Parse("[209]"),
        ["snp_snp_svn"] = RegoValue.Parse("[21]"),
        ["snp_tee_svn"] = RegoValue.Parse("[0]"),
        ["snp_smt_enabled"] = RegoValue.Parse("true"),
        ["snp_tsme_enabled"] = RegoValue.Parse("false"),
        ["snp_guest_abi_major"] = RegoValue.Parse("0"),
        ["snp_guest_abi_minor"] = RegoValue.Parse("31"),
        ["snp_single_socket"] = RegoValue.Parse("false"),
        ["snp_smt_allowed"] = RegoValue.Parse("true"),
        ["rtmr_1"] = RegoValue.Parse("[\"r1\"]"),
        ["rtmr_2"] = RegoValue.Parse("[\"r2\"]"),
        ["tdvfkernel"] = RegoValue.Parse("\"k\""),
        ["tdvfkernelparams"] = RegoValue.Parse("\"p\""),
        ["mr_td"] = RegoValue.Parse("[\"td\"]"),
        ["xfam"] = RegoValue.Parse("[\"e702060000000000\"]"),
    };

    public static RegoInput Tdx { get; } = Input("""
        {"tdx":{"quote":{"header":{"tee_type":"81000000","vendor_id":"939a7233f79c4ca9940a0db3957f0607"},
        "body":{"mr_td":"td","xfam":"e702060000000000","rtmr_1":"r1","rtmr_2":"r2"}},"td_attributes":{"debug":false},
        "tcb_status":"UpToDate","collateral_expiration_status":"0","uefi_event_logs":[
        {"type_name":"EV_EFI_VARIABLE_BOOT","details":{},"digests":[{"digest":"x"}]},
        {"type_name":"EV_EFI_BOOT_SERVICES_APPLICATION","details":{"device_paths":["File(kernel)"]},"digests":[{"digest":"k"}]},
        {"type_name":"EV_EVENT_TAG","details":{"string":"LOADED_IMAGE::LoadOptions"},"digests":[{"digest":"p"}]}]}}
        """);

    public static RegoInput Snp { get; } = Input("""
        {"snp":{"measurement":"m1","reported_tcb_bootloader":4,"reported_tcb_microcode":209,"reported_tcb_snp":21,"reported_tcb_tee":0,
        "policy_debug_allowed":false,"policy_migrate_ma":false,"platform_smt_enabled":true,"platform_tsme_enabled":false,
        "policy_abi_major":0,"policy_abi_minor":31,"policy_single_socket":false,"policy_smt_allowed":true}}
        """);

    public static string Rules(int count)
    {
        var text = new StringBuilder("package rules\n\ndefault allow := false\n");
        for (var i = 0; i < count; i++)
            text.Append("allow if input.name == \"name-").Append(i).Append("\"\n");

        return text.ToString();
    }

    public static string Agent(int containers)
    {
        var text = new StringBuilder("package agent_policy\n\ndefault CreateContainerRequest := false\n");
        text.Append("CreateContainerRequest if { some c in containers; c.args == input.OCI.Process.Args; c.image == input.OCI.Annotations.image; c.cwd == input.OCI.Process.Cwd }\ncontainers := [\n");
        for (var i = 0; i < containers; i++)
            text.Append("  {\"args\": [\"/bin/app\", \"").Append(i).Append("\"], \"image\": \"registry/app-").Append(i).Append("\", \"cwd\": \"/\"},\n");

        return text.Append("]\n").ToString();
    }

    private static RegoInput Input(string json) => new() { Input = RegoValue.Parse(json), State = s_references };
}
