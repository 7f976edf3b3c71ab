namespace Nacre.Images.Unpack;

/// <summary>What an image may cost. All are refusals, not truncations.</summary>
public sealed record UnpackLimits
{
    /// <summary>Entries of all layers together.</summary>
    public int Entries { get; init; } = 500_000;

    /// <summary>Uncompressed bytes of all layers together.</summary>
    public long Bytes { get; init; } = 64L << 30;

    /// <summary>Longest path and longest link target, in bytes (PATH_MAX).</summary>
    public int PathLength { get; init; } = 4096;

    /// <summary>Most components of a path.</summary>
    public int PathDepth { get; init; } = 128;

    /// <summary>
    /// Uncompressed over compressed bytes of a layer, once it is larger than <see cref="RatioFreeBytes"/>. Deflate cannot do more than
    /// 1032; real layers stay below 20.
    /// </summary>
    public int Ratio { get; init; } = 200;

    public long RatioFreeBytes { get; init; } = 256L << 20;
}

/// <summary>Counts what was used of the limits over all layers of an image. Bytes may be added by several layers at once.</summary>
internal sealed class UnpackBudget(UnpackLimits limits)
{
    private long _bytes;

    public UnpackLimits Limits => limits;

    /// <summary>Entries so far.</summary>
    public int Entries { get; private set; }

    public void AddEntry(string where) => AddEntries(1, where);

    /// <summary>What was unpacked before counts like what is unpacked now.</summary>
    public void AddStored(int entries, long bytes, string where)
    {
        AddEntries(entries, where);
        if (Interlocked.Add(ref _bytes, bytes) > limits.Bytes)
            throw TooLarge($"more than {limits.Bytes} bytes unpacked", where);
    }

    public void AddBytes(int count, long layerBytes, long compressedBytes, string where)
    {
        if (Interlocked.Add(ref _bytes, count) > limits.Bytes)
            throw TooLarge($"more than {limits.Bytes} bytes unpacked", where);
        if (layerBytes > limits.RatioFreeBytes && layerBytes / limits.Ratio > compressedBytes)
            throw TooLarge($"{layerBytes} bytes out of {compressedBytes} compressed ones, more than {limits.Ratio} to 1", where);
    }

    private void AddEntries(int count, string where)
    {
        if ((Entries += count) > limits.Entries)
            throw TooLarge($"more than {limits.Entries} entries", where);
    }

    public static ImageException TooLarge(string what, string where) =>
        new(ImageFault.TooLarge, what, where, "if the image is right, raise the limit");
}
