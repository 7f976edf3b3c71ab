using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>Has the selected registers signed by a restricted key, with the key's own scheme.</summary>
    /// <returns>TPMS_ATTEST and TPMT_SIGNATURE.</returns>
    public async ValueTask<(byte[] Attest, byte[] Signature)> QuoteAsync(
        uint key, ReadOnlyMemory<byte> qualifyingData, TpmPcrSelection selection, CancellationToken cancel)
    {
        var parameters = new TpmWriter().Sized(qualifyingData.Span).UInt16(TpmAlgorithm.Null).UInt32(1);
        WriteSelection(parameters, selection);
        var response = await ExecuteAsync(TpmCommandCode.Quote, [key], [PasswordSession], parameters, 0, cancel);
        return Read(response);

        static (byte[], byte[]) Read(byte[] response)
        {
            var r = new StructReader("tpm.Quote", response);
            var attest = r.Sized16BE("quoted", TpmAttest.MaxSize).ToArray();
            return (attest, r.Bytes(r.Remaining, "signature").ToArray());
        }
    }
}
