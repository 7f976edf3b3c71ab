using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Nacre.Evidence.Csv;

namespace Nacre.Verifiers.Csv;

/// <summary>The claims of a report, upstream's name for name (trust.md 3.9, csv); numbers of the report as the hexadecimal of their bytes.</summary>
internal static class CsvClaims
{
    public static JsonObject Create(CsvReport report, JsonArray? events)
    {
        var policy = report.Policy;
        var claims = new JsonObject
        {
            ["version"] = report.Version == 1 ? "1" : "2",
            ["policy"] = new JsonObject
            {
                ["nodbg"] = Bit(policy.NoDebug),
                ["noks"] = Bit(policy.NoKeySharing),
                ["es"] = Bit(policy.EncryptedState),
                ["nosend"] = Bit(policy.NoSend),
                ["domain"] = Bit(policy.Domain),
                ["csv"] = Bit(policy.Csv),
                ["csv3"] = Bit(policy.Csv3),
                ["asid_reuse"] = Bit(policy.AsidReuse),
                ["hsk_version"] = policy.HskVersion,
                ["cek_version"] = policy.CekVersion,
                ["api_major"] = policy.ApiMajor,
                ["api_minor"] = policy.ApiMinor,
            },
            ["user_pubkey_digest"] = Hex(report.UserPublicKeyDigest),
            ["vm_id"] = Hex(report.VmId),
            ["vm_version"] = Hex(report.VmVersion),
            ["report_data"] = Hex(report.ReportData),
            ["mnonce"] = Hex(report.Mnonce),
            ["measure"] = Hex(report.Measure),
            ["sig_usage"] = Hex(report.SignatureUsage),
            ["sig_algo"] = Hex(report.SignatureAlgorithm),
            ["serial_number"] = report.SerialNumber,
        };
        if (report.Anonce is { } anonce)
            claims["anonce"] = Hex(anonce);
        if (report.Build is { } build)
            claims["build"] = Hex(build);
        if (report.RtmrVersion is { } version)
            claims["rtmr_version"] = Hex([(byte)version, (byte)(version >> 8)]);
        if (report.Reserved0 is { } before)
            claims["reserved0"] = Hex(before);
        for (var i = 0; i < report.Rtmrs.Count; i++)
            claims[$"rtmr{i}"] = Hex(report.Rtmrs[i]);
        if (report.Reserved1 is { } after)
            claims["reserved1"] = Hex(after);
        if (events is not null)
            claims["uefi_event_logs"] = events;

        return claims;
    }

    private static int Bit(bool value) => value ? 1 : 0;

    private static string Hex(ReadOnlySpan<byte> value) => Convert.ToHexStringLower(value);

    private static string Hex(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Convert.ToHexStringLower(bytes);
    }
}
