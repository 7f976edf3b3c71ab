using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>Random bytes of the TPM; it may give fewer than asked for.</summary>
    public async ValueTask<byte[]> GetRandomAsync(int count, CancellationToken cancel)
    {
        var response = await ExecuteAsync(TpmCommandCode.GetRandom, [], [], new TpmWriter().UInt16(count), 0, cancel);
        return new StructReader("tpm.GetRandom", response).Sized16BE("random", count).ToArray();
    }
}
