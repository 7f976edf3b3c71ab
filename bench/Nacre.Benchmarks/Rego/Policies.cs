using System.Text;
using Nacre.Rego;

namespace Nacre.Benchmarks.Rego;

/// <summary>Policies in the shape of upstream's, written after the table in the specification.</summary>
internal static class Policies
{
    public const string Attestation = """
        package policy

        import rego.v1

        default executables := 33
        default hardware := 97
        default configuration := 36
        default file_system := 0
        default instance_identity := 0
        default runtime_opaque := 0
        default storage_opaque := 0
        default sourced_data := 0

        executables := 3 if {
            input.snp.measurement in query_reference_value("snp_launch_measurement")
        }

        hardware := 2 if {
            input.snp.reported_tcb_bootloader in query_reference_value("snp_bootloader")
            input.snp.reported_tcb_microcode in query_reference_value("snp_microcode")
            input.snp.reported_tcb_snp in query_reference_value("snp_snp_svn")
            input.snp.reported_tcb_tee in query_reference_value("snp_tee_svn")
        }

        configuration := 2 if {
            input.snp.policy_debug_allowed == false
            input.snp.policy_migrate_ma == false
            input.snp.platform_smt_enabled == query_reference_value("snp_smt_enabled")
        } else := 3 if {
            input.snp.policy_debug_allowed == false
            input.snp.policy_migrate_ma == false
        }

        executables := 3 if {
            input.tdx.quote.body.rtmr_1 in query_reference_value("rtmr_1")
            input.tdx.quote.body.rtmr_2 in query_reference_value("rtmr_2")
            kernel_ok
        }

        kernel_ok if {
            some event in input.tdx.uefi_event_logs
            event.type_name == "EV_EFI_BOOT_SERVICES_APPLICATION"
            "File(kernel)" in event.details.device_paths
            some digest in event.digests
            digest.digest == query_reference_value("tdvfkernel")
        }

        hardware := 2 if {
            input.tdx.quote.header.tee_type == "81000000"
            input.tdx.quote.header.vendor_id == "939a7233f79c4ca9940a0db3957f0607"
            input.tdx.quote.body.mr_td in query_reference_value("mr_td")
            input.tdx.tcb_status == "UpToDate"
            input.tdx.collateral_expiration_status == "0"
        }

        configuration := 2 if {
            input.tdx.td_attributes.debug == false
            input.tdx.quote.body.xfam in query_reference_value("xfam")
        }
        """;

    private static readonly Dictionary<string, RegoValue> s_references = new()
    {
        ["snp_launch_measurement"] = RegoValue.Parse("[\"m0\",\"m1\"]"),
        ["snp_bootloader"] = RegoValue.Parse("[3,4]"),
        ["snp_microcode"] = RegoValue.Parse("[209]"),
        ["snp_snp_svn"] = RegoValue.Parse("[21]"),
        ["snp_tee_svn"] = RegoValue.Parse("[0]"),
        ["snp_smt_enabled"] = RegoValue.Parse("true"),
        ["rtmr_1"] = RegoValue.Parse("[\"r1\"]"),
        ["rtmr_2"] = RegoValue.Parse("[\"r2\"]"),
        ["tdvfkernel"] = RegoValue.Parse("\"k\""),
        ["mr_td"] = RegoValue.Parse("[\"td\"]"),
        ["xfam"] = RegoValue.Parse("[\"e702060000000000\"]"),
    };

    public static RegoInput Tdx { get; } = Input("""
        {"tdx":{"quote":{"header":{"tee_type":"81000000","vendor_id":"939a7233f79c4ca9940a0db3957f0607"},
        "body":{"mr_td":"td","xfam":"e702060000000000","rtmr_1":"r1","rtmr_2":"r2"}},"td_attributes":{"debug":false},
        "tcb_status":"UpToDate","collateral_expiration_status":"0","uefi_event_logs":[
        {"type_name":"EV_EFI_VARIABLE_BOOT","details":{},"digests":[{"digest":"x"}]},
        {"type_name":"EV_EFI_BOOT_SERVICES_APPLICATION","details":{"device_paths":["File(kernel)"]},"digests":[{"digest":"k"}]}]}}
        """);

    public static RegoInput Snp { get; } = Input("""
        {"snp":{"measurement":"m1","reported_tcb_bootloader":4,"reported_tcb_microcode":209,"reported_tcb_snp":21,"reported_tcb_tee":0,
        "policy_debug_allowed":false,"policy_migrate_ma":false,"platform_smt_enabled":true}}
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
