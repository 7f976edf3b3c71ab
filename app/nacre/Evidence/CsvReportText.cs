using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Csv;

namespace Nacre.Cli.Evidence;

/// <summary>The fields of a report of Hygon CSV, in its order and in clear.</summary>
internal static class CsvReportText
{
    public static JsonObject Fields(CsvReport report)
    {
        var policy = report.Policy;
        var fields = new JsonObject
        {
            ["version"] = report.Version,
            ["user_pubkey_digest"] = Hex(report.UserPublicKeyDigest),
            ["vm_id"] = Hex(report.VmId),
            ["vm_version"] = Hex(report.VmVersion),
            ["report_data"] = Hex(report.ReportData),
            ["mnonce"] = Hex(report.Mnonce),
            ["measure"] = Hex(report.Measure),
            ["policy"] = string.Create(
                CultureInfo.InvariantCulture,
                $"0x{policy.Raw:x8}{(policy.NoDebug ? "" : " (debug)")}{(policy.Csv3 ? " (CSV3)" : policy.Csv ? " (CSV)" : "")}"),
            ["sig_usage"] = string.Create(CultureInfo.InvariantCulture, $"0x{report.SignatureUsage:x}"),
            ["sig_algo"] = report.SignatureAlgorithm,
        };
        if (report.Anonce is { } anonce)
            fields["anonce"] = Hex(anonce);
        if (report.Build is { } build)
            fields["build"] = build;
        if (report.RtmrVersion is { } version)
            fields["rtmr_version"] = version;
        for (var i = 0; i < report.Rtmrs.Count; i++)
            fields[string.Create(CultureInfo.InvariantCulture, $"rtmr{i}")] = Hex(report.Rtmrs[i]);

        fields["serial_number"] = report.SerialNumber;
        fields["signer"] = report.Signer.Key.UserId;
        fields["mac"] = report.IsMacRight switch { true => "right", false => "wrong", null => "cannot be told: the sender removed the mask" };
        return fields;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
