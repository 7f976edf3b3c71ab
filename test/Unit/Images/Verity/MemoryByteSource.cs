using Nacre.Images;
using Nacre.Images.Verity;

namespace Nacre.UnitTests.Images.Verity;

/// <summary>Bytes in memory, with a count of the reads and of what they asked for.</summary>
internal sealed class MemoryByteSource(byte[] bytes) : IByteSource
{
    public string Where => "memory";

    public int Reads { get; private set; }

    public long BytesRead { get; private set; }

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        if (offset + buffer.Length > bytes.Length)
            throw new ImageException(ImageFault.Malformed, "too short", Where, "");
        bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
        Reads++;
        BytesRead += buffer.Length;
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
