using System.Buffers.Binary;
using Nacre.Formats;

namespace Nacre.Evidence.Snp;

/// <summary>
/// ATTESTATION_REPORT of AMD SEV-SNP, 1184 bytes, little endian (SEV-SNP firmware ABI; evidence.md 5.1). Versions 2 to 5 are read. The fields are
/// views of the bytes as received: keep those unchanged. A report that parses is not yet genuine.
/// </summary>
public sealed class SnpReport
{
    public const int Size = 0x4a0;

    /// <summary>What the signature covers.</summary>
    public const int SignedSize = 0x2a0;

    private const string Structure = "snp.report";
    private const int SignaturePart = 72;

    /// <summary>Width of a P-384 number; the rest of the 72 bytes must be zero.</summary>
    private const int Coordinate = 48;

    private SnpReport(ReadOnlyMemory<byte> raw) => Raw = raw;

    public ReadOnlyMemory<byte> Raw { get; }
    public uint Version => UInt32(0x000);
    public uint GuestSvn => UInt32(0x004);
    public SnpGuestPolicy Policy => new(UInt64(0x008));
    public ReadOnlySpan<byte> FamilyId => Field(0x010, 16);
    public ReadOnlySpan<byte> ImageId => Field(0x020, 16);

    /// <summary>0 to 3; 0xFFFFFFFF when the host asked for the report.</summary>
    public uint Vmpl => UInt32(0x030);

    /// <summary>1 is ECDSA P-384 with SHA-384.</summary>
    public uint SignatureAlgorithm => UInt32(0x034);

    public ReadOnlySpan<byte> CurrentTcb => Field(0x038, 8);
    public SnpPlatform Platform => new(UInt64(0x040));
    public uint Flags => UInt32(0x048);
    public bool AuthorKeyPresent => (Flags & 1) != 0;
    public bool ChipKeyMasked => (Flags & 2) != 0;

    /// <summary>May be a number that no document names.</summary>
    public SnpSigningKey SigningKey => (SnpSigningKey)(Flags >> 2 & 7);

    public ReadOnlySpan<byte> ReportData => Field(0x050, 64);
    public ReadOnlySpan<byte> Measurement => Field(0x090, 48);
    public ReadOnlySpan<byte> HostData => Field(0x0c0, 32);
    public ReadOnlySpan<byte> IdKeyDigest => Field(0x0e0, 48);
    public ReadOnlySpan<byte> AuthorKeyDigest => Field(0x110, 48);
    public ReadOnlySpan<byte> ReportId => Field(0x140, 32);
    public ReadOnlySpan<byte> MigrationAgentReportId => Field(0x160, 32);

    /// <summary>The versions that the signing key is derived from.</summary>
    public ReadOnlySpan<byte> ReportedTcb => Field(0x180, 8);

    /// <summary>CPUID family, model and stepping, from version 3 on; zero before.</summary>
    public (byte Family, byte Model, byte Stepping) Cpuid => (Raw.Span[0x188], Raw.Span[0x189], Raw.Span[0x18a]);

    /// <summary>All zero when the host masks it.</summary>
    public ReadOnlySpan<byte> ChipId => Field(0x1a0, 64);

    public ReadOnlySpan<byte> CommittedTcb => Field(0x1e0, 8);
    public SnpFirmware CurrentFirmware => Firmware(0x1e8);
    public SnpFirmware CommittedFirmware => Firmware(0x1ec);
    public ReadOnlySpan<byte> LaunchTcb => Field(0x1f0, 8);

    /// <summary>From version 5 on; zero before.</summary>
    public ulong LaunchMitigations => UInt64(0x1f8);

    /// <summary>From version 5 on; zero before.</summary>
    public ulong CurrentMitigations => UInt64(0x200);

    public ReadOnlySpan<byte> Signed => Field(0, SignedSize);

    /// <summary>The product that the report itself names; null in version 2, which does not say, and for unknown ones.</summary>
    public SnpProduct? Product => Version >= 3 ? SnpProducts.FromCpuid(Cpuid.Family, Cpuid.Model) : null;

    /// <summary>r ‖ s, big endian, 96 bytes: the form that verification takes.</summary>
    public void WriteSignature(Span<byte> output)
    {
        Field(SignedSize, Coordinate).CopyTo(output);
        Field(SignedSize + SignaturePart, Coordinate).CopyTo(output[Coordinate..]);
        output[..Coordinate].Reverse();
        output[Coordinate..(2 * Coordinate)].Reverse();
    }

    /// <exception cref="MalformedDataException">The length, the version or a reserved field is wrong.</exception>
    public static SnpReport Parse(ReadOnlyMemory<byte> raw)
    {
        var reader = new StructReader(Structure, raw.Span);
        var version = reader.UInt32LE("version");
        if (version is < 2 or > 5)
            throw reader.Malformed($"is {version}, must be 2 to 5");

        reader.Bytes(0x48 - 4, "guest_svn");
        var flags = reader.UInt32LE("flags");
        if (flags >> 5 != 0)
            throw reader.Malformed("uses reserved bits");

        reader.Reserved(4, "reserved_4c");
        reader.Bytes(0x188 - 0x50, "report_data");
        if (version >= 3)
            reader.Bytes(3, "cpuid");
        else
            reader.Reserved(3, "cpuid");

        reader.Reserved(21, "reserved_18b");
        reader.Bytes(0x1eb - 0x1a0, "chip_id");
        reader.Reserved(1, "reserved_1eb");
        reader.Bytes(3, "committed_version");
        reader.Reserved(1, "reserved_1ef");
        reader.Bytes(8, "launch_tcb");
        if (version >= 5)
            reader.Bytes(16, "mitigation_vectors");
        else
            reader.Reserved(16, "mitigation_vectors");

        reader.Reserved(152, "reserved_208");
        foreach (var part in (ReadOnlySpan<string>)["signature.r", "signature.s"])
        {
            reader.Bytes(Coordinate, part);
            reader.Reserved(SignaturePart - Coordinate, part);
        }

        // Nothing signs what follows, so nothing may stand there.
        reader.Reserved(Size - 0x330, "reserved_330");
        reader.End();
        return new(raw);
    }

    private ReadOnlySpan<byte> Field(int offset, int length) => Raw.Span.Slice(offset, length);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(Raw.Span[offset..]);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(Raw.Span[offset..]);

    private SnpFirmware Firmware(int offset) => new(Raw.Span[offset + 2], Raw.Span[offset + 1], Raw.Span[offset]);
}
