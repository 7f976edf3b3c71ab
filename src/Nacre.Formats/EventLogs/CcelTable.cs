namespace Nacre.Formats.EventLogs;

/// <summary>The ACPI table CCEL: where a confidential guest's firmware put its event log (ACPI 6.5, section 5.2.34).</summary>
/// <param name="CcType">1 for SEV, 2 for TDX.</param>
/// <param name="CcSubtype">Of no meaning yet.</param>
/// <param name="MinimumLength">LAML: size of the area.</param>
/// <param name="Address">LASA: where it begins.</param>
public sealed record CcelTable(byte CcType, byte CcSubtype, ulong MinimumLength, ulong Address)
{
    public const int Size = 56;

    private const string Structure = "acpi.ccel";

    /// <exception cref="MalformedDataException">The bytes are no such table, or its checksum is wrong.</exception>
    public static CcelTable Parse(ReadOnlySpan<byte> table)
    {
        var reader = new StructReader(Structure, table);
        if (!reader.Bytes(4, "signature").SequenceEqual("CCEL"u8))
            throw reader.Malformed("must be CCEL");
        if (reader.UInt32LE("length") != Size)
            throw reader.Malformed($"must be {Size}");

        reader.Bytes(28, "header");
        var type = reader.UInt8("cc_type");
        var subtype = reader.UInt8("cc_subtype");
        reader.Reserved(2, "reserved");
        var parsed = new CcelTable(type, subtype, reader.UInt64LE("laml"), reader.UInt64LE("lasa"));
        reader.End();

        byte sum = 0;
        foreach (var value in table)
            sum += value;
        return sum == 0 ? parsed : throw new MalformedDataException(Structure, "checksum", 9, "is wrong");
    }
}
