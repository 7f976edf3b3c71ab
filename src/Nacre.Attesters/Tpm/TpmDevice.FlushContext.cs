namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>Frees a transient key or a session.</summary>
    public async ValueTask FlushContextAsync(uint handle, CancellationToken cancel) =>
        await ExecuteAsync(TpmCommandCode.FlushContext, [], [], new TpmWriter().UInt32(handle), 0, cancel);
}
