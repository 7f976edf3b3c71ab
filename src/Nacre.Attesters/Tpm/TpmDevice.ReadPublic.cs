using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>The public part of a loaded or persistent key.</summary>
    public async ValueTask<TpmPublic> ReadPublicAsync(uint handle, CancellationToken cancel)
    {
        var response = await ExecuteAsync(TpmCommandCode.ReadPublic, [handle], [], new TpmWriter(), 0, cancel);
        return TpmPublic.Parse(new StructReader("tpm.ReadPublic", response).Sized16BE("public", TpmPublic.MaxSize).ToArray());
    }
}
