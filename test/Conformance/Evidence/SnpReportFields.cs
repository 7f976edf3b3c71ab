using System.Globalization;
using System.Text.Json;
using Nacre.Evidence.Snp;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The fields of a report by the names that the manifests use.</summary>
internal static class SnpReportFields
{
    public static IEnumerable<(string Name, string Value)> Of(SnpReport report, SnpProduct product)
    {
        yield return ("version", Text(report.Version));
        yield return ("guest_svn", Text(report.GuestSvn));
        yield return ("policy", $"0x{report.Policy.Value:x}");
        yield return ("family_id", Hex(report.FamilyId));
        yield return ("image_id", Hex(report.ImageId));
        yield return ("vmpl", Text(report.Vmpl));
        yield return ("sig_algo", Text(report.SignatureAlgorithm));
        yield return ("platform_info", $"0x{report.Platform.Value:x}");
        yield return ("flags", $"0x{report.Flags:x}");
        yield return ("signing_key", Text((uint)report.SigningKey));
        yield return ("report_data", Hex(report.ReportData));
        yield return ("measurement", Hex(report.Measurement));
        yield return ("host_data", Hex(report.HostData));
        yield return ("id_key_digest", Hex(report.IdKeyDigest));
        yield return ("author_key_digest", Hex(report.AuthorKeyDigest));
        yield return ("report_id", Hex(report.ReportId));
        yield return ("report_id_ma", Hex(report.MigrationAgentReportId));
        yield return ("chip_id", Hex(report.ChipId));
        yield return ("family", Text(report.Cpuid.Family));
        yield return ("model", Text(report.Cpuid.Model));
        yield return ("stepping", Text(report.Cpuid.Stepping));
        yield return ("current_tcb", Tcb(report.CurrentTcb, product));
        yield return ("reported_tcb", Tcb(report.ReportedTcb, product));
        yield return ("committed_tcb", Tcb(report.CommittedTcb, product));
        yield return ("launch_tcb", Tcb(report.LaunchTcb, product));
        yield return ("current_ver", report.CurrentFirmware.ToString());
        yield return ("committed_ver", report.CommittedFirmware.ToString());
        yield return ("launch_mit", Text(report.LaunchMitigations));
        yield return ("current_mit", Text(report.CurrentMitigations));
    }

    /// <summary>An expected value in the same spelling.</summary>
    public static string Normal(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return value.ToString();

        byte? fmc = value.TryGetProperty("fmc", out var number) ? number.GetByte() : null;
        return new SnpTcb(
            fmc, value.GetProperty("bootloader").GetByte(), value.GetProperty("tee").GetByte(), value.GetProperty("snp").GetByte(),
            value.GetProperty("microcode").GetByte()).ToString();
    }

    private static string Tcb(ReadOnlySpan<byte> bytes, SnpProduct product) => SnpTcb.Read(bytes, product).ToString()!;

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
