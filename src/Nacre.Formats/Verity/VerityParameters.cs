using System.Numerics;

namespace Nacre.Formats.Verity;

/// <summary>
/// All that a root hash depends on besides the data (Linux admin-guide/device-mapper/verity.rst). Whoever pins a root hash pins these with
/// it; cryptsetup keeps them in a <see cref="VeritySuperblock"/>, a measured command line or the JSON beside a layer.
/// </summary>
/// <param name="Algorithm">Of the data's and the tree's digests.</param>
/// <param name="DataBlockSize">Bytes.</param>
/// <param name="HashBlockSize">Bytes.</param>
/// <param name="DataBlocks">How many blocks of data there are.</param>
/// <param name="Salt">0 to 256 bytes.</param>
public sealed record VerityParameters(
    VerityAlgorithm Algorithm, int DataBlockSize, int HashBlockSize, long DataBlocks, ReadOnlyMemory<byte> Salt)
{
    public const int SmallestBlock = 512;

    /// <summary>What cryptsetup takes. A kernel opens none larger than its page, which is 4096 bytes on most machines.</summary>
    public const int LargestBlock = 512 * 1024;

    public const int LongestSalt = 256;

    /// <summary>Positions in the data and in the tree stay below 2^62 bytes.</summary>
    public const long MostBytes = 1L << 62;

    /// <summary>1 as all systems use it today, or 0 of Chromium OS: salt after the block, digests back to back.</summary>
    public int HashType { get; init; } = 1;

    public long DataSize => DataBlocks * DataBlockSize;

    public static bool IsBlockSize(long size) => size is >= SmallestBlock and <= LargestBlock && BitOperations.IsPow2(size);

    /// <summary>There is one block at least, and no position in data or tree overflows.</summary>
    public static bool IsBlockCount(long count, int dataBlockSize, int hashBlockSize) =>
        count >= 1 && count <= MostBytes / Math.Max(dataBlockSize, hashBlockSize) / 2;
}
