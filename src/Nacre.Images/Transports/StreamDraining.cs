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
}
