using System.Buffers.Binary;
using Nacre.Formats;

namespace Nacre.Evidence.Tdx;

/// <summary>The body of a TDX quote: TD report 1.0 (584 bytes) or 1.5 (648 bytes), little endian (evidence.md 4.1).</summary>
public readonly struct TdReport
{
    public const int Size10 = 584;
    public const int Size15 = 648;

    private readonly ReadOnlyMemory<byte> _raw;

    private TdReport(ReadOnlyMemory<byte> raw) => _raw = raw;

    /// <summary>[0] minor and [1] major version of the TDX module, [2] SEAM loader, then the other components.</summary>
    public ReadOnlySpan<byte> TeeTcbSvn => Field(0, 16);

    public ReadOnlySpan<byte> MrSeam => Field(16, 48);
    public ReadOnlySpan<byte> MrSignerSeam => Field(64, 48);
    public ReadOnlySpan<byte> SeamAttributes => Field(112, 8);
    public ReadOnlySpan<byte> TdAttributesBytes => Field(120, 8);
    public ReadOnlySpan<byte> Xfam => Field(128, 8);
    public ReadOnlySpan<byte> MrTd => Field(136, 48);
    public ReadOnlySpan<byte> MrConfigId => Field(184, 48);
    public ReadOnlySpan<byte> MrOwner => Field(232, 48);
    public ReadOnlySpan<byte> MrOwnerConfig => Field(280, 48);
    public ReadOnlySpan<byte> ReportData => Field(520, 64);

    /// <summary>Whether the two fields of TD report 1.5 are there.</summary>
    public bool Is15 => _raw.Length == Size15;

    /// <summary>Versions at the time of the quote; empty in TD report 1.0.</summary>
    public ReadOnlySpan<byte> TeeTcbSvn2 => Is15 ? Field(584, 16) : [];

    /// <summary>Hash of the service TDs bound to this TD, zero for none; empty in TD report 1.0.</summary>
    public ReadOnlySpan<byte> MrServiceTd => Is15 ? Field(600, 48) : [];

    public TdAttributes Attributes => new(BinaryPrimitives.ReadUInt64LittleEndian(TdAttributesBytes));

    /// <param name="index">0 to 3.</param>
    public ReadOnlySpan<byte> Rtmr(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, 3);
        return Field(328 + 48 * index, 48);
    }

    /// <exception cref="MalformedDataException">The length is wrong.</exception>
    public static TdReport Parse(ReadOnlyMemory<byte> raw) =>
        raw.Length is Size10 or Size15 ? new(raw)
            : throw new MalformedDataException("tdx.report", "(body)", 0, $"is {raw.Length} bytes long, must be {Size10} or {Size15}");

    private ReadOnlySpan<byte> Field(int offset, int length) => _raw.Span.Slice(offset, length);
}

/// <summary>TDATTRIBUTES (Intel TDX module ABI, TD attributes definition).</summary>
public readonly record struct TdAttributes(ulong Value)
{
    private const ulong UnderDebugBits = 0xff;
    private const ulong Lass = 1UL << 27;

    /// <summary>Whether any bit of the group "TD under debug" is set: the host may read the memory of the TD.</summary>
    public bool IsUnderDebug => (Value & UnderDebugBits) != 0;

    public bool SeptVeDisable => Has(28);
    public bool IsMigratable => Has(29);
    public bool ProtectionKeys => Has(30);
    public bool KeyLocker => Has(31);
    public bool PerformanceMonitoring => Has(63);

    /// <summary>Bits that mean nothing that is known.</summary>
    public ulong Unknown => Value & ~(UnderDebugBits | Lass | 1UL << 28 | 1UL << 29 | 1UL << 30 | 1UL << 31 | 1UL << 63);

    private bool Has(int bit) => (Value >> bit & 1) != 0;
}
