namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>Startup(CLEAR), for an emulator that nobody has started. A TPM that has been started is left as it is.</summary>
    public async ValueTask StartupAsync(CancellationToken cancel)
    {
        try
        {
            await ExecuteAsync(TpmCommandCode.Startup, [], [], new TpmWriter().UInt16(0), 0, cancel);
        }
        catch (TpmException error) when (error.ResponseCode == 0x100)
        {
            // TPM_RC_INITIALIZE: already started, which is what was wanted.
        }
    }
}
