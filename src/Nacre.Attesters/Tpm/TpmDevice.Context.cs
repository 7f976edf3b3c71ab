namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>Takes a loaded key out as an encrypted blob that only this TPM can load again, until its next reset.</summary>
    public ValueTask<byte[]> ContextSaveAsync(uint handle, CancellationToken cancel) =>
        ExecuteAsync(TpmCommandCode.ContextSave, [handle], [], new TpmWriter(), 0, cancel);

    /// <returns>A transient handle; the caller flushes it.</returns>
    public async ValueTask<uint> ContextLoadAsync(ReadOnlyMemory<byte> context, CancellationToken cancel)
    {
        var response = await ExecuteAsync(TpmCommandCode.ContextLoad, [], [], new TpmWriter().Bytes(context.Span), 1, cancel);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(response);
    }
}
