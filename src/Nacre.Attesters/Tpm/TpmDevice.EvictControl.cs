namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>Keeps a loaded key at a persistent handle (0x81xxxxxx), or, when both handles are the same, removes it from there.</summary>
    public async ValueTask EvictControlAsync(uint handle, uint persistentHandle, CancellationToken cancel) =>
        await ExecuteAsync(
            TpmCommandCode.EvictControl, [(uint)TpmHierarchy.Owner, handle], [PasswordSession], new TpmWriter().UInt32(persistentHandle), 0, cancel);
}
