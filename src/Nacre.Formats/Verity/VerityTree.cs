using System.Numerics;

namespace Nacre.Formats.Verity;

/// <summary>
/// Where every digest of a tree stands: the top level first, the leaves last, each level without a gap. The tree of a single block of data
/// has no level at all; its root hash is that block's digest.
/// </summary>
public sealed class VerityTree
{
    /// <param name="parameters">What the tree is over.</param>
    /// <param name="start">Byte offset of the top level, a multiple of the hash block size.</param>
    public VerityTree(VerityParameters parameters, long start)
    {
        if (start < 0 || start > VerityParameters.MostBytes || start % parameters.HashBlockSize != 0)
            throw new ArgumentOutOfRangeException(nameof(start), start, "must be a multiple of the hash block size");
        if (!VerityParameters.IsBlockCount(parameters.DataBlocks, parameters.DataBlockSize, parameters.HashBlockSize))
            throw new ArgumentOutOfRangeException(nameof(parameters), parameters.DataBlocks, "is no number of blocks");

        Parameters = parameters;
        Start = start;
        DigestsPerBlock = 1 << BitOperations.Log2((uint)(parameters.HashBlockSize / parameters.Algorithm.Size));
        // Type 1 gives each digest an equal part of the block, type 0 packs them and leaves the rest of the block.
        SlotSize = parameters.HashType == 0 ? parameters.Algorithm.Size : parameters.HashBlockSize / DigestsPerBlock;

        var counts = new List<long>();
        for (var below = parameters.DataBlocks; below > 1; below = counts[^1])
            counts.Add(((below - 1) / DigestsPerBlock) + 1);

        var levels = new VerityLevel[counts.Count];
        for (var level = counts.Count - 1; level >= 0; level--)
        {
            levels[level] = new(start, counts[level]);
            start += counts[level] * parameters.HashBlockSize;
        }

        Levels = levels;
        End = start;
    }

    public VerityParameters Parameters { get; }

    /// <summary>Byte offset of the top level.</summary>
    public long Start { get; }

    /// <summary>Byte offset behind the last leaf.</summary>
    public long End { get; }

    /// <summary>From the leaves (0) to the top, whose only block the root hash is over.</summary>
    public IReadOnlyList<VerityLevel> Levels { get; }

    public int DigestsPerBlock { get; }

    /// <summary>Bytes from one digest to the next.</summary>
    public int SlotSize { get; }

    /// <summary>Hash blocks of all levels.</summary>
    public long HashBlocks => (End - Start) / Parameters.HashBlockSize;

    /// <summary>Where cryptsetup puts the tree behind a superblock at <paramref name="hashOffset"/>: at the next whole block.</summary>
    public static long StartBehindSuperblock(long hashOffset, int hashBlockSize) =>
        (hashOffset + VeritySuperblock.Size + hashBlockSize - 1) / hashBlockSize * hashBlockSize;

    /// <summary>How many digests a block of a level holds.</summary>
    public int DigestsIn(int level, long block)
    {
        var below = level == 0 ? Parameters.DataBlocks : Levels[level - 1].Blocks;
        return (int)Math.Min(DigestsPerBlock, below - (block * DigestsPerBlock));
    }

    /// <summary>The digest number <paramref name="index"/> in a hash block.</summary>
    public Span<byte> Slot(Span<byte> hashBlock, int index) => hashBlock.Slice(index * SlotSize, Parameters.Algorithm.Size);

    /// <inheritdoc cref="Slot(Span{byte}, int)"/>
    public ReadOnlySpan<byte> Slot(ReadOnlySpan<byte> hashBlock, int index) => hashBlock.Slice(index * SlotSize, Parameters.Algorithm.Size);

    /// <summary>Whether all of a hash block that holds no digest is zero, as cryptsetup writes and wants it.</summary>
    public bool IsSpareZero(ReadOnlySpan<byte> hashBlock, int digests)
    {
        for (var i = 0; i < digests; i++)
        {
            if (hashBlock.Slice((i * SlotSize) + Parameters.Algorithm.Size, SlotSize - Parameters.Algorithm.Size).ContainsAnyExcept((byte)0))
                return false;
        }

        return !hashBlock[(digests * SlotSize)..].ContainsAnyExcept((byte)0);
    }
}

/// <summary>One level of a tree: where it starts in bytes, and how many hash blocks it has.</summary>
public readonly record struct VerityLevel(long Offset, long Blocks);
