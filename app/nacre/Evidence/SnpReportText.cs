using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Snp;

namespace Nacre.Cli.Evidence;

/// <summary>The fields of a report of SEV-SNP, in its order.</summary>
internal static class SnpReportText
{
    public static JsonObject Fields(SnpReport report)
    {
        var (family, model, stepping) = report.Cpuid;
        return new()
        {
            ["version"] = report.Version,
            ["product"] = report.Product?.Name() ?? "(the report does not say)",
            ["guest_svn"] = report.GuestSvn,
            ["policy"] = $"0x{report.Policy.Value:x}{(report.Policy.DebugAllowed ? " (debug allowed)" : "")}",
            ["family_id"] = Hex(report.FamilyId),
            ["image_id"] = Hex(report.ImageId),
            ["vmpl"] = report.Vmpl,
            ["signature_algorithm"] = report.SignatureAlgorithm,
            ["signing_key"] = report.SigningKey.ToString(),
            ["platform_info"] = $"0x{report.Platform.Value:x}",
            ["report_data"] = Hex(report.ReportData),
            ["measurement"] = Hex(report.Measurement),
            ["host_data"] = Hex(report.HostData),
            ["id_key_digest"] = Hex(report.IdKeyDigest),
            ["author_key_digest"] = Hex(report.AuthorKeyDigest),
            ["report_id"] = Hex(report.ReportId),
            ["report_id_ma"] = Hex(report.MigrationAgentReportId),
            ["current_tcb"] = Tcb(report, report.CurrentTcb),
            ["reported_tcb"] = Tcb(report, report.ReportedTcb),
            ["committed_tcb"] = Tcb(report, report.CommittedTcb),
            ["launch_tcb"] = Tcb(report, report.LaunchTcb),
            ["cpuid"] = string.Create(CultureInfo.InvariantCulture, $"family 0x{family:x2} model 0x{model:x2} stepping {stepping}"),
            ["chip_id"] = Hex(report.ChipId),
            ["current_firmware"] = report.CurrentFirmware.ToString(),
            ["committed_firmware"] = report.CommittedFirmware.ToString(),
        };
    }

    // Version 2 does not name its product, and with it not the order of these bytes.
    private static string Tcb(SnpReport report, ReadOnlySpan<byte> bytes) =>
        report.Product is { } product && SnpTcb.Read(bytes, product) is { } tcb ? tcb.ToString() : Hex(bytes);

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
