using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Nacre.Evidence;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Snp;
using Nacre.Formats.EventLogs;
using Nacre.Formats.Json;

namespace Nacre.Cli.Evidence;

/// <summary>A file with evidence: CoCo's JSON, or in binary a report of SEV-SNP, a quote of SGX or TDX, or an event log. What it is, is found by its content.</summary>
internal sealed record EvidenceFile(string Name, byte[] Content, string? Tee, bool IsJson)
{
    public const string EventLogKind = "eventlog";

    private const int MaxSize = 8 * 1024 * 1024;

    public static async Task<EvidenceFile> ReadAsync(string name, CancellationToken cancel)
    {
        if (new FileInfo(name) is { Exists: true, Length: > MaxSize })
            throw new CommandException($"{name} is longer than {MaxSize} bytes", "give a file with one piece of evidence");

        var content = await File.ReadAllBytesAsync(name, cancel);
        var text = content.AsSpan().TrimStart(" \r\n\t"u8);
        if (text.StartsWith("{"u8))
            return new(name, content, TeeOf(content), IsJson: true);

        if (name.EndsWith(".hex", StringComparison.Ordinal))
            content = Convert.FromHexString(Encoding.ASCII.GetString(content).Trim());

        return new(name, content, KindOf(content), IsJson: false);
    }

    /// <summary>The TEE, as asked for or as found.</summary>
    public string Require(string? asked) => asked ?? Tee ?? throw new CommandException(
        $"{Name} is no evidence that is known here", $"name its TEE with --tee; known are {string.Join(", ", TeeNames.All)}");

    private static string? TeeOf(byte[] json)
    {
        using var document = StrictJson.Parse(json, "evidence", MaxSize);
        var root = document.RootElement;
        return root.TryGetProperty("attestation_report", out var report) && report.TryGetProperty("measurement", out _) ? TeeNames.Snp
            : report.ValueKind == JsonValueKind.Object && report.TryGetProperty("magic", out _) ? TeeNames.Csv
            : root.TryGetProperty("attestation_reports", out _) ? TeeNames.HygonDcu
            : root.TryGetProperty("vcek", out _) ? TeeNames.AzSnpVtpm
            : root.TryGetProperty("td_quote", out _) ? TeeNames.AzTdxVtpm
            : root.TryGetProperty("ak_public", out _) ? TeeNames.Tpm
            : root.TryGetProperty("quote", out var quote) && quote.ValueKind == JsonValueKind.String
                && quote.TryGetBytesFromBase64(out var bytes) ? QuoteTee(bytes)
            : root.TryGetProperty("device_evidence_list", out _) ? TeeNames.Nvidia
            : root.TryGetProperty("image_hdr_tags", out _) ? TeeNames.Se
            : root.TryGetProperty("token", out _) ? TeeNames.Cca
            : root.TryGetProperty("document", out _) ? TeeNames.Nitro
            : root.TryGetProperty("svn", out var svn) && svn.ValueKind == JsonValueKind.String ? TeeNames.Sample
            : null;
    }

    private static string? KindOf(ReadOnlySpan<byte> content) =>
        content.Length == SnpReport.Size ? TeeNames.Snp
        : content.StartsWith((ReadOnlySpan<byte>)[0xd9, 0x01, 0x8f]) || content.StartsWith((ReadOnlySpan<byte>)[0xd9, 0x03, 0x8b]) ? TeeNames.Cca
        : content.StartsWith((ReadOnlySpan<byte>)[0x84, 0x44, 0xa1, 0x01]) ? TeeNames.Nitro
        : content.StartsWith((ReadOnlySpan<byte>)[0xd2, 0x84, 0x44, 0xa1, 0x01]) ? TeeNames.Nitro
        : QuoteTee(content) ?? (IsEventLog(content) ? EventLogKind : null);

    // Version 3 is of an enclave, later ones are of TDs; all have an attestation key of type 2.
    private static string? QuoteTee(ReadOnlySpan<byte> content) =>
        content.Length < DcapQuote.HeaderSize || BinaryPrimitives.ReadUInt16LittleEndian(content[2..]) != 2 ? null
            : BinaryPrimitives.ReadUInt16LittleEndian(content) switch
            {
                3 => TeeNames.Sgx,
                4 or 5 => TeeNames.Tdx,
                _ => null,
            };

    // A legacy record of type EV_NO_ACTION begins every crypto-agile log.
    private static bool IsEventLog(ReadOnlySpan<byte> content) =>
        content.Length > 32 && BinaryPrimitives.ReadUInt32LittleEndian(content[4..]) == TcgEventType.NoAction;
}
