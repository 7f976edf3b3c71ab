using System.Buffers.Binary;

namespace Nacre.Attesters.Tpm;

/// <summary>A character device of the kernel: one write is one command, one read its response.</summary>
internal sealed class TpmFileTransport(TpmEndpoint.Device endpoint) : ITpmTransport
{
    private FileStream? _device;

    public async ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> command, CancellationToken cancel)
    {
        try
        {
            _device ??= new FileStream(endpoint.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            await _device.WriteAsync(command, cancel).AsTask().WaitAsync(cancel);

            var buffer = new byte[TpmFrame.MaxResponse];
            var count = await _device.ReadAsync(buffer, cancel).AsTask().WaitAsync(cancel);
            if (count < TpmFrame.HeaderSize || BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(2)) != count)
                throw new TpmUnavailableException(endpoint, $"gave {count} bytes that are no response of a TPM 2.0");

            return buffer[..count];
        }
        catch (OperationCanceledException)
        {
            // The kernel still owes this response; the next command must not read it as its own.
            await DisposeAsync();
            throw;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TpmUnavailableException(endpoint, $"{error.Message} (is there a TPM, and may this user open it? group tss usually may)", error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_device is { } device)
            await device.DisposeAsync();

        _device = null;
    }
}
