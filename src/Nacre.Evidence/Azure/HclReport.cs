using System.Security.Cryptography;
using Nacre.Formats;

namespace Nacre.Evidence.Azure;

/// <summary>What kind of processor report an HCL report carries.</summary>
public enum HclReportType
{
    Snp = 2,
    Tdx = 4,
}

/// <summary>
/// The report of the host compatibility layer (paravisor) of an Azure confidential VM, from NV index 0x01400001 of its vTPM (evidence.md 8.1).
/// It carries the processor's report and the runtime data (JSON with the vTPM's attestation key) whose hash that report binds.
/// </summary>
public sealed record HclReport
{
    public const int MaxSize = 16 * 1024;
    public const int HardwareReportSize = 0x4a0;

    private const string Structure = "azure.hcl";
    private const int HeaderSize = 0x20;
    private const int RuntimeHeaderSize = 20;
    private const int MaxVariableData = 8 * 1024;

    /// <summary>1 or 2.</summary>
    public required uint Version { get; init; }

    /// <summary>With the padding.</summary>
    public required int Length { get; init; }

    /// <summary>As the header says: without the padding.</summary>
    public required uint ReportSize { get; init; }

    /// <summary>1184 bytes: a report of SEV-SNP, or a TDREPORT and zeros.</summary>
    public required ReadOnlyMemory<byte> HardwareReport { get; init; }

    public required HclReportType Type { get; init; }

    /// <summary>The hash by which the processor's report binds <see cref="VariableData"/>.</summary>
    public required HashAlgorithmName Hash { get; init; }

    /// <summary>JSON, as received.</summary>
    public required ReadOnlyMemory<byte> VariableData { get; init; }

    /// <exception cref="MalformedDataException">The bytes are no such report.</exception>
    public static HclReport Parse(ReadOnlyMemory<byte> raw)
    {
        var reader = new StructReader(Structure, raw.Span);
        if (raw.Length > MaxSize)
            throw reader.Malformed($"is {raw.Length} bytes long, at most {MaxSize} are allowed");
        if (!reader.Bytes(4, "signature").SequenceEqual("HCLA"u8))
            throw reader.Malformed("must be HCLA");

        var version = reader.UInt32LE("version");
        if (version is not (1 or 2))
            throw reader.Malformed($"is {version}, must be 1 or 2");

        var reportSize = reader.UInt32LE("report_size");
        if (reader.UInt32LE("request_type") != 2)
            throw reader.Malformed("must be 2");
        if (reader.UInt32LE("status") != 0)
            throw reader.Malformed("must be 0: the report could not be made");

        reader.Reserved(12, "reserved");
        reader.Bytes(HardwareReportSize, "hardware_report");

        var dataSize = reader.UInt32LE("runtime.size");
        if (reader.UInt32LE("runtime.version") != 1)
            throw reader.Malformed("must be 1");

        var type = (HclReportType)reader.UInt32LE("runtime.report_type");
        if (type is not (HclReportType.Snp or HclReportType.Tdx))
            throw reader.Malformed($"is {(uint)type}, must be 2 (SNP) or 4 (TDX)");

        var hash = reader.UInt32LE("runtime.hash_type") switch
        {
            1 => HashAlgorithmName.SHA256,
            2 => HashAlgorithmName.SHA384,
            3 => HashAlgorithmName.SHA512,
            var other => throw reader.Malformed($"is {other}, must be 1 to 3"),
        };

        var length = reader.UInt32LE("runtime.variable_data_size");
        if (length > MaxVariableData || dataSize != length + RuntimeHeaderSize || reportSize != HeaderSize + HardwareReportSize + dataSize)
            throw reader.Malformed($"is {length}: it does not agree with runtime.size {dataSize} and report_size {reportSize}");

        reader.Bytes((int)length, "variable_data");
        var variableData = raw.Slice(reader.Offset - (int)length, (int)length);
        reader.Reserved(reader.Remaining, "padding");
        reader.End();

        return new()
        {
            Version = version,
            Length = raw.Length,
            ReportSize = reportSize,
            HardwareReport = raw.Slice(HeaderSize, HardwareReportSize),
            Type = type,
            Hash = hash,
            VariableData = variableData,
        };
    }
}
