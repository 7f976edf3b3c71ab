using System.Buffers.Binary;
using System.Security.Cryptography;
using Nacre.Evidence.Tdx;
using Nacre.Formats;

namespace Nacre.Evidence.Azure;

/// <summary>
/// The TDREPORT in the HCL report of a TDX VM, 1024 bytes (evidence.md 4.1 and 8.1). Only the processor that made it could check its MAC;
/// here it says which TD the vTPM belongs to, and the TD's quote must say the same. CPUSVN and MAC are not looked at.
/// </summary>
public readonly struct HclTdReport
{
    public const int Size = 1024;

    /// <summary>TEE_TCB_SVN, MRSEAM, MRSIGNERSEAM and SEAMATTRIBUTES: the first part of a quote's body.</summary>
    public const int ModuleSize = 120;

    /// <summary>
    /// TDATTRIBUTES to MROWNERCONFIG, which the TD is launched with: the part of a quote's body behind <see cref="ModuleSize"/>.
    /// </summary>
    public const int LaunchSize = 208;

    private const string Structure = "azure.td_report";
    private const uint TdxType = 0x81;

    // Version 1 has a hash of service TDs in TDINFO and a second TEE_TCB_SVN; what is read here stands where it stood.
    private const uint TdxTypeVersion1 = 0x0001_0081;
    private const int MacStructSize = 256;
    private const int TcbInfoSize = 239;
    private const int TdInfoSize = 512;
    private const int ServiceTdHashOffset = 400;
    private const int ServiceTdHashSize = 48;

    private readonly ReadOnlyMemory<byte> _raw;

    private HclTdReport(ReadOnlyMemory<byte> raw) => _raw = raw;

    public ReadOnlySpan<byte> ReportData => _raw.Span.Slice(128, 64);

    /// <summary>See <see cref="ModuleSize"/>.</summary>
    public ReadOnlySpan<byte> Module => _raw.Span.Slice(MacStructSize + 8, ModuleSize);

    /// <summary>See <see cref="LaunchSize"/>.</summary>
    public ReadOnlySpan<byte> Launch => _raw.Span.Slice(MacStructSize + TcbInfoSize + 17, LaunchSize);

    /// <summary>Whether a quote's body speaks of the same TD on the same module. The registers may have been extended in between.</summary>
    public bool IsOf(TdReport quoted, ReadOnlySpan<byte> body) =>
        ReportData.SequenceEqual(quoted.ReportData) && Module.SequenceEqual(body[..ModuleSize])
            && Launch.SequenceEqual(body.Slice(ModuleSize, LaunchSize));

    /// <param name="hardwareReport">The area of an HCL report that holds the processor's report.</param>
    /// <exception cref="MalformedDataException">It holds no TDREPORT, or one that contradicts itself.</exception>
    public static HclTdReport Parse(ReadOnlyMemory<byte> hardwareReport)
    {
        var reader = new StructReader(Structure, hardwareReport.Span);
        var type = BinaryPrimitives.ReadUInt32LittleEndian(reader.Bytes(4, "report_type"));
        if (type is not (TdxType or TdxTypeVersion1))
            throw reader.Malformed($"is 0x{type:x8}, must be 0x{TdxType:x8} or 0x{TdxTypeVersion1:x8}: a TDREPORT of version 0 or 1");

        reader.Reserved(12, "reserved1");
        reader.Bytes(16, "cpusvn");
        var tcbInfoHash = reader.Bytes(48, "tee_tcb_info_hash");
        var tdInfoHash = reader.Bytes(48, "tee_info_hash");
        reader.Bytes(64, "report_data");
        reader.Reserved(32, "reserved2");
        reader.Bytes(32, "mac");
        if (!SHA384.HashData(reader.Bytes(TcbInfoSize, "tee_tcb_info")).AsSpan().SequenceEqual(tcbInfoHash))
            throw reader.Malformed("is not what tee_tcb_info_hash says");

        reader.Reserved(17, "reserved3");
        var tdInfo = reader.Bytes(TdInfoSize, "td_info");
        if (!SHA384.HashData(tdInfo).AsSpan().SequenceEqual(tdInfoHash))
            throw reader.Malformed("is not what tee_info_hash says");

        // Nothing else here holds the version: it is 1 exactly where service TDs are bound.
        var hasServiceTds = tdInfo.Slice(ServiceTdHashOffset, ServiceTdHashSize).ContainsAnyExcept((byte)0);
        if (hasServiceTds != (type == TdxTypeVersion1))
            throw reader.Malformed(hasServiceTds ? "binds service TDs, in a report of version 0" : "binds no service TDs, in a report of version 1");

        reader.Reserved(reader.Remaining, "padding");
        return new(hardwareReport[..Size]);
    }
}
