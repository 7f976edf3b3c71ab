using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>Makes a primary key. The same template under the same seed gives the same key every time.</summary>
    /// <param name="hierarchy">Whose seed is used.</param>
    /// <param name="template">TPMT_PUBLIC with an empty or padded unique field.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>A transient handle; the caller flushes it.</returns>
    public async ValueTask<(uint Handle, TpmPublic Public)> CreatePrimaryAsync(
        TpmHierarchy hierarchy, ReadOnlyMemory<byte> template, CancellationToken cancel)
    {
        var parameters = new TpmWriter()
            .Sized([0, 0, 0, 0]) // TPM2B_SENSITIVE_CREATE: no password, no data
            .Sized(template.Span)
            .UInt16(0) // outsideInfo
            .UInt32(0); // creationPCR

        var response = await ExecuteAsync(TpmCommandCode.CreatePrimary, [(uint)hierarchy], [PasswordSession], parameters, 1, cancel);
        return Read(response);

        static (uint, TpmPublic) Read(byte[] response)
        {
            var r = new StructReader("tpm.CreatePrimary", response);
            var handle = r.UInt32BE("handle");
            return (handle, TpmPublic.Parse(r.Sized16BE("public", TpmPublic.MaxSize).ToArray()));
        }
    }
}
