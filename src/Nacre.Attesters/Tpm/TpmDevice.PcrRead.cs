using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    private const int PcrCount = 24;

    /// <summary>PCR 0 to 23 of one bank. Takes several commands: a TPM answers with eight values or fewer at a time.</summary>
    public async ValueTask<byte[][]> PcrReadAsync(ushort bank, CancellationToken cancel)
    {
        var values = new byte[PcrCount][];
        for (var missing = 0x00ff_ffffu; missing != 0;)
        {
            var before = missing;
            missing &= ~await ReadSomeAsync(bank, missing, values, cancel);
            if (missing == before)
                throw new TpmUnavailableException(Endpoint, $"has no PCR values in bank {TpmAlgorithm.Name(bank)}: the bank is not allocated");
        }

        return values;
    }

    private async ValueTask<uint> ReadSomeAsync(ushort bank, uint mask, byte[][] values, CancellationToken cancel)
    {
        var parameters = new TpmWriter().UInt32(1);
        WriteSelection(parameters, new(bank, mask));
        var response = await ExecuteAsync(TpmCommandCode.PcrRead, [], [], parameters, 0, cancel);

        var r = new StructReader("tpm.PcrRead", response);
        r.UInt32BE("update_counter");
        var read = TpmPcrSelection.ReadList(ref r) is [{ } selection] && selection.Bank == bank ? selection.Mask & mask : 0;
        var count = r.UInt32BE("count");
        for (var pcr = 0; pcr < PcrCount && count > 0; pcr++)
        {
            if ((read >> pcr & 1) == 0)
                continue;

            values[pcr] = r.Sized16BE("digest", 64).ToArray();
            count--;
        }

        r.End();
        return read;
    }

    private static void WriteSelection(TpmWriter writer, TpmPcrSelection selection) =>
        writer.UInt16(selection.Bank).UInt8(3).UInt8((byte)selection.Mask).UInt8((byte)(selection.Mask >> 8)).UInt8((byte)(selection.Mask >> 16));
}
