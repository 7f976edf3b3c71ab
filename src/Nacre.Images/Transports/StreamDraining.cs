namespace Nacre.Images.Transports;

internal static class StreamDraining
{
    /// <summary>Reads to the end, where the checks are, and drops what comes.</summary>
    public static async ValueTask DrainAsync(this Stream stream, CancellationToken cancel)
    {
        var buffer = new byte[64 * 1024];
        while (await stream.ReadAsync(buffer, cancel) > 0)
        {
        }
    }

    /// <summary>Reads so many bytes and drops them.</summary>
    /// <exception cref="EndOfStreamException">There are fewer.</exception>
    public static async ValueTask SkipAsync(this Stream stream, long count, CancellationToken cancel)
    {
        var buffer = new byte[Math.Min(count, 64 * 1024)];
        while (count > 0)
        {
            var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, count));
            await stream.ReadExactlyAsync(part, cancel);
            count -= part.Length;
        }
    }
}
