using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    private const int NvChunk = 512;
    private const int MaxNvIndex = 16 * 1024;

    /// <summary>Size of an NV index; null when it is not defined.</summary>
    public async ValueTask<int?> NvReadPublicAsync(uint index, CancellationToken cancel)
    {
        try
        {
            var response = await ExecuteAsync(TpmCommandCode.NvReadPublic, [index], [], new TpmWriter(), 0, cancel);
            var r = new StructReader("tpm.NvReadPublic", response);
            var inner = new StructReader("tpm.NvReadPublic.nv_public", r.Sized16BE("nv_public", 256));
            inner.Bytes(4 + 2 + 4, "index_hash_attributes");
            inner.Sized16BE("auth_policy", 64);
            return inner.UInt16BE("data_size");
        }
        catch (TpmException error) when (error.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>The whole content of an NV index that its own (empty) authorisation may read; null when it is not defined.</summary>
    public async ValueTask<byte[]?> NvReadAsync(uint index, CancellationToken cancel)
    {
        if (await NvReadPublicAsync(index, cancel) is not { } size)
            return null;
        if (size > MaxNvIndex)
            throw new TpmUnavailableException(Endpoint, $"NV index 0x{index:x8} says it holds {size} bytes, at most {MaxNvIndex} are read");

        var content = new byte[size];
        for (var at = 0; at < size;)
        {
            var count = Math.Min(NvChunk, size - at);
            var parameters = new TpmWriter().UInt16(count).UInt16(at);
            var response = await ExecuteAsync(TpmCommandCode.NvRead, [index, index], [PasswordSession], parameters, 0, cancel);
            new StructReader("tpm.NvRead", response).Sized16BE("data", NvChunk)[..count].CopyTo(content.AsSpan(at));
            at += count;
        }

        return content;
    }
}
