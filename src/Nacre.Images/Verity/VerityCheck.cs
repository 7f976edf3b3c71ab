using Microsoft.Win32.SafeHandles;
using Nacre.Formats.Verity;

namespace Nacre.Images.Verity;

/// <summary>
/// Verifies all data of a file and all of its tree against the root hash, from the root downwards, so that damage is found where it is: a
/// changed tree is never reported as changed data. Spare bytes of the tree must be zero, as <c>veritysetup verify</c> wants it.
/// </summary>
public sealed class VerityCheck(VerityTree tree, int workers)
{
    public VerityCheck(VerityTree tree)
        : this(tree, Environment.ProcessorCount)
    {
    }

    /// <summary>Null when everything is as the root hash says, else the first damage in the order of the data.</summary>
    /// <exception cref="ImageException">A file is shorter than the parameters say.</exception>
    public async Task<VerityDamage?> FindDamageAsync(
        SafeFileHandle data, SafeFileHandle hash, byte[] root, string where, CancellationToken cancel)
    {
        if (root.Length != tree.Parameters.Algorithm.Size)
            throw new ArgumentException($"A root hash of {tree.Parameters.Algorithm} has {tree.Parameters.Algorithm.Size} bytes.", nameof(root));

        var (source, hashes) = (new BlockFile(data, where), new BlockFile(hash, where));
        var batches = new LeafBatches(tree);
        if (batches.Count == 0)
            return CheckOneBlock(source, root);

        using var path = new VerityPath(tree, hashes, root);
        VerityDamage? above = null;
        var all = new LeafReader[(int)Math.Min(Math.Max(workers, 1), batches.Count)];
        for (var i = 0; i < all.Length; i++)
            all[i] = new(tree);
        try
        {
            var found = OrderedWork.RunAsync(
                batches.Count,
                all,
                batch => above is null ? ExpectedLeaves.Read(tree, path, batches[batch], out above) : null,
                (worker, leaves) => worker.Check(leaves, source, hashes),
                cancel);
            await foreach (var damage in found)
            {
                if (damage is not null)
                    return damage;
            }

            return above;
        }
        finally
        {
            foreach (var worker in all)
                worker.Dispose();
        }
    }

    private VerityDamage? CheckOneBlock(BlockFile source, byte[] root)
    {
        var block = new byte[tree.Parameters.DataBlockSize];
        source.ReadExactly(block, 0);
        var found = new byte[root.Length];
        using var hash = new VerityHash(tree.Parameters);
        hash.Compute(block, found);
        return found.AsSpan().SequenceEqual(root) ? null : new(VerityDamage.Data, 0, 0, root, found) { AtRoot = true };
    }

    /// <summary>A run of leaves, and the digests that they must have.</summary>
    private sealed record ExpectedLeaves(LeafRange Range, byte[] Digests)
    {
        /// <summary>The leaves up to the first whose digest cannot be known, because the tree above it is damaged.</summary>
        public static ExpectedLeaves? Read(VerityTree tree, VerityPath path, LeafRange range, out VerityDamage? damage)
        {
            var size = tree.Parameters.Algorithm.Size;
            var digests = new byte[range.Leaves * size];
            for (var i = 0; i < range.Leaves; i++)
            {
                damage = path.FindExpected(0, range.FirstLeaf + i, digests.AsSpan(i * size, size));
                if (damage is not null)
                    return i == 0 ? null : new(range with { Leaves = i, Blocks = i * tree.DigestsPerBlock }, digests);
            }

            damage = null;
            return new(range, digests);
        }
    }

    private sealed class LeafReader(VerityTree tree) : IDisposable
    {
        private readonly VerityHash _hash = new(tree.Parameters);
        private readonly BlockRun _data = new(tree.Parameters.DataBlockSize);
        private readonly byte[] _leaf = new byte[tree.Parameters.HashBlockSize];

        public VerityDamage? Check(ExpectedLeaves expected, BlockFile source, BlockFile hashes)
        {
            var (p, range) = (tree.Parameters, expected.Range);
            _data.Start(range.FirstBlock, range.Blocks);
            for (var i = 0; i < range.Leaves; i++)
            {
                var leaf = range.FirstLeaf + i;
                hashes.ReadExactly(_leaf, tree.Levels[0].Offset + (leaf * p.HashBlockSize));
                var damage = VerityPath.Check(tree, _hash, 0, leaf, _leaf, expected.Digests.AsSpan(i * p.Algorithm.Size, p.Algorithm.Size))
                    ?? CheckData(source, leaf);
                if (damage is not null)
                    return damage;
            }

            return null;
        }

        public void Dispose() => _hash.Dispose();

        private VerityDamage? CheckData(BlockFile source, long leaf)
        {
            var size = tree.Parameters.DataBlockSize;
            Span<byte> found = stackalloc byte[VerityAlgorithm.LargestSize];
            found = found[..tree.Parameters.Algorithm.Size];
            for (var i = 0; i < tree.DigestsIn(0, leaf); i++)
            {
                _hash.Compute(_data.Next(source), found);
                var expected = tree.Slot(_leaf.AsSpan(), i);
                if (found.SequenceEqual(expected))
                    continue;

                var block = (leaf * tree.DigestsPerBlock) + i;
                return new(VerityDamage.Data, block, block * size, expected.ToArray(), found.ToArray());
            }

            return null;
        }
    }
}
