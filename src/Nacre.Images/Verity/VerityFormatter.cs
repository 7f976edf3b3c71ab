using Microsoft.Win32.SafeHandles;
using Nacre.Formats.Verity;

namespace Nacre.Images.Verity;

/// <summary>
/// Builds the hash tree of a file in one pass over its data, as <c>veritysetup format</c> does, byte for byte. Each level needs one block of
/// memory, and leaves are hashed on several cores.
/// </summary>
public sealed class VerityFormatter(VerityTree tree, int workers)
{
    /// <param name="tree">Over what, and where it goes.</param>
    public VerityFormatter(VerityTree tree)
        : this(tree, Environment.ProcessorCount)
    {
    }

    /// <summary>Writes the tree into <paramref name="hash"/>, which may be the file of the data if the tree is behind it.</summary>
    /// <returns>The root hash.</returns>
    /// <exception cref="ImageException">The data is shorter than the parameters say.</exception>
    public async Task<byte[]> WriteAsync(SafeFileHandle data, SafeFileHandle hash, string where, CancellationToken cancel)
    {
        var (source, target) = (new BlockFile(data, where), new BlockFile(hash, where));
        var batches = new LeafBatches(tree);
        if (batches.Count == 0)
            return RootOfOneBlock(source);

        using var upper = new UpperLevels(tree);
        var all = new LeafWriter[(int)Math.Min(Math.Max(workers, 1), batches.Count)];
        for (var i = 0; i < all.Length; i++)
            all[i] = new(tree, batches.LeavesPerBatch);
        try
        {
            var digests = OrderedWork.RunAsync(
                batches.Count, all, batch => batches[batch], (worker, range) => worker.Write(range, source, target), cancel);
            await foreach (var batch in digests)
            {
                for (var at = 0; at < batch.Length; at += tree.Parameters.Algorithm.Size)
                    upper.Add(1, batch.AsSpan(at, tree.Parameters.Algorithm.Size), target);
            }

            return upper.Finish(target);
        }
        finally
        {
            foreach (var worker in all)
                worker.Dispose();
        }
    }

    private byte[] RootOfOneBlock(BlockFile source)
    {
        var block = new byte[tree.Parameters.DataBlockSize];
        source.ReadExactly(block, 0);
        var root = new byte[tree.Parameters.Algorithm.Size];
        using var hash = new VerityHash(tree.Parameters);
        hash.Compute(block, root);
        return root;
    }

    private sealed class LeafWriter(VerityTree tree, int leaves) : IDisposable
    {
        private readonly VerityHash _hash = new(tree.Parameters);
        private readonly BlockRun _data = new(tree.Parameters.DataBlockSize);
        private readonly byte[] _leaves = new byte[leaves * tree.Parameters.HashBlockSize];

        /// <returns>The digests of the leaf blocks written.</returns>
        public byte[] Write(LeafRange range, BlockFile source, BlockFile target)
        {
            var p = tree.Parameters;
            var written = _leaves.AsSpan(0, range.Leaves * p.HashBlockSize);
            written.Clear();
            _data.Start(range.FirstBlock, range.Blocks);
            for (var i = 0; i < range.Blocks; i++)
            {
                var leaf = written.Slice(i / tree.DigestsPerBlock * p.HashBlockSize, p.HashBlockSize);
                _hash.Compute(_data.Next(source), tree.Slot(leaf, i % tree.DigestsPerBlock));
            }

            target.Write(written, tree.Levels[0].Offset + (range.FirstLeaf * p.HashBlockSize));
            var digests = new byte[range.Leaves * p.Algorithm.Size];
            for (var i = 0; i < range.Leaves; i++)
                _hash.Compute(written.Slice(i * p.HashBlockSize, p.HashBlockSize), digests.AsSpan(i * p.Algorithm.Size, p.Algorithm.Size));
            return digests;
        }

        public void Dispose() => _hash.Dispose();
    }

    /// <summary>The levels above the leaves: a block each, written when it is full.</summary>
    private sealed class UpperLevels(VerityTree tree) : IDisposable
    {
        private readonly VerityHash _hash = new(tree.Parameters);
        private readonly byte[][] _blocks = [.. tree.Levels.Select(_ => new byte[tree.Parameters.HashBlockSize])];
        private readonly long[] _digests = new long[tree.Levels.Count];
        private readonly byte[] _root = new byte[tree.Parameters.Algorithm.Size];

        public void Add(int level, ReadOnlySpan<byte> digest, BlockFile target)
        {
            if (level == tree.Levels.Count)
            {
                digest.CopyTo(_root);
                return;
            }

            var slot = (int)(_digests[level]++ % tree.DigestsPerBlock);
            digest.CopyTo(tree.Slot(_blocks[level].AsSpan(), slot));
            if (slot == tree.DigestsPerBlock - 1)
                Flush(level, target);
        }

        public byte[] Finish(BlockFile target)
        {
            for (var level = 1; level < tree.Levels.Count; level++)
            {
                if (_digests[level] % tree.DigestsPerBlock != 0)
                    Flush(level, target);
            }

            return _root;
        }

        public void Dispose() => _hash.Dispose();

        private void Flush(int level, BlockFile target)
        {
            var block = _blocks[level];
            target.Write(block, tree.Levels[level].Offset + ((_digests[level] - 1) / tree.DigestsPerBlock * block.Length));
            Span<byte> digest = stackalloc byte[VerityAlgorithm.LargestSize];
            digest = digest[..tree.Parameters.Algorithm.Size];
            _hash.Compute(block, digest);
            Array.Clear(block);
            Add(level + 1, digest, target);
        }
    }
}
