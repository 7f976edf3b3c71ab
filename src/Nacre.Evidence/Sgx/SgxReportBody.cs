using System.Buffers.Binary;
using Nacre.Formats;

namespace Nacre.Evidence.Sgx;

/// <summary>The body of an SGX report, 384 bytes, little endian (evidence.md 3.1): of an enclave, or of the quoting enclave.</summary>
public readonly struct SgxReportBody
{
    public const int Size = 384;

    private readonly ReadOnlyMemory<byte> _raw;

    private SgxReportBody(ReadOnlyMemory<byte> raw) => _raw = raw;

    public ReadOnlySpan<byte> CpuSvn => Field(0, 16);
    public ReadOnlySpan<byte> MiscSelect => Field(16, 4);
    public ReadOnlySpan<byte> Reserved1 => Field(20, 12);
    public ReadOnlySpan<byte> IsvExtProdId => Field(32, 16);

    /// <summary>Flags (8 bytes) and XFRM (8 bytes).</summary>
    public ReadOnlySpan<byte> Attributes => Field(48, 16);

    public ReadOnlySpan<byte> MrEnclave => Field(64, 32);
    public ReadOnlySpan<byte> Reserved2 => Field(96, 32);
    public ReadOnlySpan<byte> MrSigner => Field(128, 32);
    public ReadOnlySpan<byte> Reserved3 => Field(160, 32);
    public ReadOnlySpan<byte> ConfigId => Field(192, 64);
    public ReadOnlySpan<byte> IsvProdIdBytes => Field(256, 2);
    public ReadOnlySpan<byte> IsvSvnBytes => Field(258, 2);
    public ReadOnlySpan<byte> ConfigSvn => Field(260, 2);
    public ReadOnlySpan<byte> Reserved4 => Field(262, 42);
    public ReadOnlySpan<byte> IsvFamilyId => Field(304, 16);
    public ReadOnlySpan<byte> ReportData => Field(320, 64);

    public ushort IsvProdId => BinaryPrimitives.ReadUInt16LittleEndian(IsvProdIdBytes);
    public ushort IsvSvn => BinaryPrimitives.ReadUInt16LittleEndian(IsvSvnBytes);
    public ulong Flags => BinaryPrimitives.ReadUInt64LittleEndian(Attributes);

    /// <summary>Whether the host may read the memory of the enclave.</summary>
    public bool IsDebug => (Flags & 2) != 0;

    /// <summary>Key separation and sharing: without it, the hardware keeps CONFIGID zero.</summary>
    public bool HasKss => (Flags & (1 << 7)) != 0;

    /// <exception cref="MalformedDataException">The length is wrong.</exception>
    public static SgxReportBody Parse(ReadOnlyMemory<byte> raw) =>
        raw.Length == Size ? new(raw) : throw new MalformedDataException("sgx.report", "(body)", 0, $"is {raw.Length} bytes long, must be {Size}");

    private ReadOnlySpan<byte> Field(int offset, int length) => _raw.Span.Slice(offset, length);
}
