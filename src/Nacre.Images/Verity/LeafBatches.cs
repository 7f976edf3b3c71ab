using Nacre.Formats.Verity;

namespace Nacre.Images.Verity;

/// <summary>
/// How the leaves of a tree are shared out: runs of leaf blocks with the data that they are over, large enough to be worth a thread and
/// small enough that memory stays the same whatever the size of the data.
/// </summary>
internal sealed class LeafBatches
{
    private const int DataPerBatch = 1 << 20;
    private readonly VerityTree _tree;

    public LeafBatches(VerityTree tree)
    {
        _tree = tree;
        var dataPerLeaf = (long)tree.DigestsPerBlock * tree.Parameters.DataBlockSize;
        LeavesPerBatch = (int)Math.Max(1, DataPerBatch / dataPerLeaf);
        Count = tree.Levels.Count == 0 ? 0 : ((tree.Levels[0].Blocks - 1) / LeavesPerBatch) + 1;
    }

    public int LeavesPerBatch { get; }

    public long Count { get; }

    public LeafRange this[long batch]
    {
        get
        {
            var first = batch * LeavesPerBatch;
            var leaves = (int)Math.Min(LeavesPerBatch, _tree.Levels[0].Blocks - first);
            var firstData = first * _tree.DigestsPerBlock;
            var blocks = Math.Min((long)leaves * _tree.DigestsPerBlock, _tree.Parameters.DataBlocks - firstData);
            return new(first, leaves, firstData, (int)blocks);
        }
    }
}

/// <summary>Some leaf blocks, and the blocks of data that their digests are of.</summary>
internal sealed record LeafRange(long FirstLeaf, int Leaves, long FirstBlock, int Blocks);
