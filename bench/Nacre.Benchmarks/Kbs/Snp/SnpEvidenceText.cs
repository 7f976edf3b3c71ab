using System.Text.Json.Nodes;
using Nacre.Evidence.Snp;

namespace Nacre.Benchmarks.Kbs.Snp;

/// <summary>
/// Evidence of SEV-SNP as upstream's guests write it (evidence.md 5.3), without certificates. Of the reports of one machine only what differs
/// is written anew: the client shares its processor with the server.
/// </summary>
internal sealed class SnpEvidenceText
{
    private const int R = SnpReport.SignedSize;
    private const int S = R + 72;
    private readonly string[] _parts;

    public SnpEvidenceText(SnpReport sample)
    {
        var report = new JsonObject
        {
            ["version"] = sample.Version,
            ["guest_svn"] = sample.GuestSvn,
            ["policy"] = sample.Policy.Value,
            ["family_id"] = Numbers(sample.FamilyId),
            ["image_id"] = Numbers(sample.ImageId),
            ["vmpl"] = sample.Vmpl,
            ["sig_algo"] = sample.SignatureAlgorithm,
            ["current_tcb"] = Tcb(sample.CurrentTcb),
            ["plat_info"] = sample.Platform.Value,
            ["key_info"] = sample.Flags,
            ["report_data"] = "?",
            ["measurement"] = Numbers(sample.Measurement),
            ["host_data"] = Numbers(sample.HostData),
            ["id_key_digest"] = Numbers(sample.IdKeyDigest),
            ["author_key_digest"] = Numbers(sample.AuthorKeyDigest),
            ["report_id"] = Numbers(sample.ReportId),
            ["report_id_ma"] = Numbers(sample.MigrationAgentReportId),
            ["reported_tcb"] = Tcb(sample.ReportedTcb),
            ["cpuid_fam_id"] = sample.Cpuid.Family,
            ["cpuid_mod_id"] = sample.Cpuid.Model,
            ["cpuid_step"] = sample.Cpuid.Stepping,
            ["chip_id"] = Numbers(sample.ChipId),
            ["committed_tcb"] = Tcb(sample.CommittedTcb),
            ["current"] = Firmware(sample.CurrentFirmware),
            ["committed"] = Firmware(sample.CommittedFirmware),
            ["launch_tcb"] = Tcb(sample.LaunchTcb),
            ["signature"] = new JsonObject { ["r"] = "?", ["s"] = "?" },
        };
        var evidence = new JsonObject { ["attestation_report"] = report, ["cert_chain"] = null };
        _parts = evidence.ToJsonString().Split("\"?\"");
    }

    public string Write(byte[] report) => string.Concat(
        [_parts[0], Text(report.AsSpan(0x50, 64)), _parts[1], Text(report.AsSpan(R, 72)), _parts[2], Text(report.AsSpan(S, 72)), _parts[3]]);

    private static string Text(ReadOnlySpan<byte> bytes) => $"[{string.Join(',', bytes.ToArray())}]";

    private static JsonArray Numbers(ReadOnlySpan<byte> bytes) => new([.. bytes.ToArray().Select(one => (JsonNode)one)]);

    private static JsonObject Tcb(ReadOnlySpan<byte> bytes)
    {
        var tcb = SnpTcb.Read(bytes, SnpProduct.Milan)!.Value;
        return new() { ["bootloader"] = tcb.Bootloader, ["tee"] = tcb.Tee, ["snp"] = tcb.Snp, ["microcode"] = tcb.Microcode };
    }

    private static JsonObject Firmware(SnpFirmware firmware) =>
        new() { ["major"] = firmware.Major, ["minor"] = firmware.Minor, ["build"] = firmware.Build };
}
