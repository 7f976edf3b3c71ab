using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    private const uint CapabilityHandles = 1;
    private const int MaxHandles = 254;

    /// <summary>Handles of one kind in use, from <paramref name="first"/> on: 0x80000000 transient, 0x81000000 persistent, 0x01000000 NV.</summary>
    public async ValueTask<uint[]> GetHandlesAsync(uint first, CancellationToken cancel)
    {
        var parameters = new TpmWriter().UInt32(CapabilityHandles).UInt32(first).UInt32(MaxHandles);
        var response = await ExecuteAsync(TpmCommandCode.GetCapability, [], [], parameters, 0, cancel);

        var r = new StructReader("tpm.GetCapability", response);
        r.UInt8("more_data");
        if (r.UInt32BE("capability") != CapabilityHandles)
            throw r.Malformed("is not what was asked for");

        var count = r.UInt32BE("count");
        if (count > MaxHandles)
            throw r.Malformed($"is {count}, at most {MaxHandles} were asked for");

        var handles = new uint[count];
        for (var i = 0; i < handles.Length; i++)
            handles[i] = r.UInt32BE("handle");

        return handles;
    }
}
