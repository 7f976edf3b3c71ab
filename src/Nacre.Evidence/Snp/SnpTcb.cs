using System.Globalization;

namespace Nacre.Evidence.Snp;

/// <summary>The security version numbers of one processor's firmware parts. <paramref name="Fmc"/> exists from Turin on.</summary>
public readonly record struct SnpTcb(byte? Fmc, byte Bootloader, byte Tee, byte Snp, byte Microcode)
{
    /// <summary>Reads the eight bytes; their order depends on the product. Null when a reserved byte is used.</summary>
    public static SnpTcb? Read(ReadOnlySpan<byte> bytes, SnpProduct product)
    {
        if (product == SnpProduct.Turin)
            return bytes[4..7].ContainsAnyExcept((byte)0) ? null : new(bytes[0], bytes[1], bytes[2], bytes[3], bytes[7]);

        return bytes[2..6].ContainsAnyExcept((byte)0) ? null : new(null, bytes[0], bytes[1], bytes[6], bytes[7]);
    }

    /// <summary>Writes the eight bytes in the order of the product.</summary>
    public void Write(Span<byte> bytes, SnpProduct product)
    {
        bytes[..8].Clear();
        if (product == SnpProduct.Turin)
            (bytes[0], bytes[1], bytes[2], bytes[3], bytes[7]) = (Fmc ?? 0, Bootloader, Tee, Snp, Microcode);
        else
            (bytes[0], bytes[1], bytes[6], bytes[7]) = (Bootloader, Tee, Snp, Microcode);
    }

    /// <summary>Whether no part is newer than that of <paramref name="other"/>.</summary>
    public bool IsAtMost(SnpTcb other) =>
        (Fmc ?? 0) <= (other.Fmc ?? 0) && Bootloader <= other.Bootloader && Tee <= other.Tee && Snp <= other.Snp && Microcode <= other.Microcode;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Fmc is { } fmc ? $"fmc {fmc} " : "")}bootloader {Bootloader} tee {Tee} snp {Snp} microcode {Microcode}");
}
