using Nacre.Formats.Verity;

namespace Nacre.Images.Verity;

/// <summary>
/// From the root hash down to a leaf: keeps the last verified block of each level above the leaves, so that a walk through the data reads
/// and hashes each of them once.
/// </summary>
internal sealed class VerityPath(VerityTree tree, BlockFile source, byte[] root) : IDisposable
{
    private readonly VerityHash _hash = new(tree.Parameters);
    private readonly byte[][] _blocks = [.. tree.Levels.Select(_ => new byte[tree.Parameters.HashBlockSize])];
    private readonly long[] _loaded = [.. tree.Levels.Select(_ => -1L)];

    /// <summary>Copies the digest that a hash block must have, unless the way to it is damaged.</summary>
    public VerityDamage? FindExpected(int level, long block, Span<byte> digest)
    {
        if (level == tree.Levels.Count - 1)
        {
            root.CopyTo(digest);
            return null;
        }

        var parent = block / tree.DigestsPerBlock;
        if (Load(level + 1, parent) is { } damage)
            return damage;

        tree.Slot(_blocks[level + 1].AsSpan(), (int)(block % tree.DigestsPerBlock)).CopyTo(digest);
        return null;
    }

    public void Dispose() => _hash.Dispose();

    private VerityDamage? Load(int level, long block)
    {
        if (_loaded[level] == block)
            return null;

        Span<byte> expected = stackalloc byte[VerityAlgorithm.LargestSize];
        expected = expected[..tree.Parameters.Algorithm.Size];
        if (FindExpected(level, block, expected) is { } above)
            return above;

        _loaded[level] = -1;
        source.ReadExactly(_blocks[level], tree.Levels[level].Offset + (block * tree.Parameters.HashBlockSize));
        if (Check(tree, _hash, level, block, _blocks[level], expected) is { } damage)
            return damage;

        _loaded[level] = block;
        return null;
    }

    /// <summary>Whether a hash block has the digest that the one above says, and nothing besides digests.</summary>
    internal static VerityDamage? Check(
        VerityTree tree, VerityHash hash, int level, long block, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> expected)
    {
        Span<byte> found = stackalloc byte[VerityAlgorithm.LargestSize];
        found = found[..tree.Parameters.Algorithm.Size];
        hash.Compute(bytes, found);
        var offset = tree.Levels[level].Offset + (block * tree.Parameters.HashBlockSize);
        if (!found.SequenceEqual(expected))
            return new(level, block, offset, expected.ToArray(), found.ToArray()) { AtRoot = level == tree.Levels.Count - 1 };
        return tree.IsSpareZero(bytes, tree.DigestsIn(level, block)) ? null : new(level, block, offset, Expected: null, found.ToArray());
    }
}
