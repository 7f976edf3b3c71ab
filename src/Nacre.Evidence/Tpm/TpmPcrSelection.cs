using System.Numerics;
using Nacre.Formats;

namespace Nacre.Evidence.Tpm;

/// <summary>TPMS_PCR_SELECTION: one bank and the registers chosen in it, bit n of the mask for PCR n.</summary>
public readonly record struct TpmPcrSelection(ushort Bank, uint Mask)
{
    /// <summary>A TPM has a handful of banks; more in a list is an attack on the reader.</summary>
    private const int MaxBanks = 16;

    /// <summary>PCR 0 to 23 of the SHA-256 bank: what CoCo's evidence always covers.</summary>
    public static TpmPcrSelection AllSha256 { get; } = new(TpmAlgorithm.Sha256, 0x00ff_ffff);

    public int Count => BitOperations.PopCount(Mask);

    /// <summary>Reads a TPML_PCR_SELECTION.</summary>
    public static TpmPcrSelection[] ReadList(ref StructReader reader)
    {
        var count = reader.UInt32BE("pcr_select.count");
        if (count > MaxBanks)
            throw reader.Malformed($"is {count}, at most {MaxBanks} banks are allowed");

        var list = new TpmPcrSelection[count];
        for (var i = 0; i < list.Length; i++)
            list[i] = Read(ref reader);

        return list;
    }

    public override string ToString() => $"{TpmAlgorithm.Name(Bank)}:{(Mask == AllSha256.Mask ? "0-23" : string.Join(',', Indices()))}";

    private static TpmPcrSelection Read(ref StructReader reader)
    {
        var bank = reader.UInt16BE("pcr_select.hash");
        var size = reader.UInt8("pcr_select.size");
        if (size is 0 or > 4)
            throw reader.Malformed($"is {size}, 1 to 4 bytes are allowed");

        var mask = 0u;
        var bitmap = reader.Bytes(size, "pcr_select.bitmap");
        for (var i = 0; i < size; i++)
            mask |= (uint)bitmap[i] << (8 * i);

        return new(bank, mask);
    }

    private IEnumerable<int> Indices()
    {
        for (var i = 0; i < 32; i++)
        {
            if ((Mask >> i & 1) != 0)
                yield return i;
        }
    }
}
