using Nacre.Formats.Verity;

namespace Nacre.Images.Verity;

/// <summary>
/// Data of which not a byte is handed on before its block was verified up to the root hash. Blocks of data and of the tree that were
/// verified are kept, as many as <paramref name="cachedBlocks"/> says, the least recently used goes first; so a block of the tree is
/// mostly fetched and hashed once. Reads of several callers take turns.
/// </summary>
/// <param name="inner">Data from byte 0 on, and the tree where <paramref name="tree"/> says; owned.</param>
/// <param name="tree">Parameters and places.</param>
/// <param name="root">The root hash.</param>
/// <param name="cachedBlocks">Of each kind.</param>
public sealed class VeritySource(IByteSource inner, VerityTree tree, byte[] root, int cachedBlocks = 4096) : IByteSource
{
    private readonly VerityHash _hash = new(tree.Parameters);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly BlockCache<(int Level, long Block)> _hashBlocks = new(cachedBlocks);
    private readonly BlockCache<long> _dataBlocks = new(cachedBlocks);
    private long _following = -1;
    private int _ahead;

    public string Where => inner.Where;

    /// <summary>Blocks of data that are fetched together once one of them is needed.</summary>
    public int ReadAhead { get; init; } = 32;

    /// <summary>As many as that become when reads follow one another.</summary>
    public int LargestReadAhead { get; init; } = 128;

    /// <exception cref="ImageException">
    /// <see cref="ImageFault.DigestMismatch"/>: a block is not what the root hash says; nothing of it is in the buffer.
    /// </exception>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        var p = tree.Parameters;
        if (offset < 0 || offset > p.DataSize - buffer.Length)
        {
            throw new ImageException(ImageFault.Malformed, $"a read at byte {offset}, the data has {p.DataSize}", Where,
                "the image is not what its root hash was made for");
        }

        await _turn.WaitAsync(cancel);
        try
        {
            while (!buffer.IsEmpty)
            {
                var block = offset / p.DataBlockSize;
                var inside = (int)(offset % p.DataBlockSize);
                var count = Math.Min(buffer.Length, p.DataBlockSize - inside);
                (await DataBlockAsync(block, cancel)).AsMemory(inside, count).CopyTo(buffer);
                (buffer, offset) = (buffer[count..], offset + count);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        _turn.Dispose();
        await inner.DisposeAsync();
    }

    private async ValueTask<byte[]> DataBlockAsync(long block, CancellationToken cancel)
    {
        if (_dataBlocks.Find(block) is { } known)
            return known;

        var p = tree.Parameters;
        _ahead = block == _following ? Math.Min(2 * _ahead, LargestReadAhead) : ReadAhead;
        // Ahead only as far as the same leaf goes: damage elsewhere in the tree does not concern this block.
        var sameLeaf = tree.DigestsPerBlock - (block % tree.DigestsPerBlock);
        var count = (int)Math.Min(Math.Min(_ahead, sameLeaf), p.DataBlocks - block);
        _following = block + count;
        var bytes = new byte[count * p.DataBlockSize];
        await inner.ReadAsync(block * p.DataBlockSize, bytes, cancel);

        byte[]? wanted = null;
        for (var i = 0; i < count; i++)
        {
            var content = bytes.AsMemory(i * p.DataBlockSize, p.DataBlockSize);
            if (await FindDamageAsync(block + i, content, cancel) is { } damage)
            {
                // What was only fetched ahead is verified again, and refused, when somebody asks for it.
                return wanted ?? throw Damaged(damage);
            }

            var verified = content.ToArray();
            wanted ??= verified;
            _dataBlocks.Add(block + i, verified);
        }

        return wanted!;
    }

    private async ValueTask<VerityDamage?> FindDamageAsync(long block, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        var expected = await ExpectedAsync(0, block, cancel);
        var found = new byte[expected.Length];
        _hash.Compute(content.Span, found);
        return found.AsSpan().SequenceEqual(expected.Span)
            ? null
            : new(VerityDamage.Data, block, block * tree.Parameters.DataBlockSize, expected.ToArray(), found) { AtRoot = tree.Levels.Count == 0 };
    }

    /// <summary>The digest that stands for a block of the level below <paramref name="level"/>, from a verified hash block.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ExpectedAsync(int level, long below, CancellationToken cancel)
    {
        if (level == tree.Levels.Count)
            return root;

        var block = below / tree.DigestsPerBlock;
        if (_hashBlocks.Find((level, block)) is not { } bytes)
        {
            var expected = await ExpectedAsync(level + 1, block, cancel);
            bytes = new byte[tree.Parameters.HashBlockSize];
            await inner.ReadAsync(tree.Levels[level].Offset + (block * bytes.Length), bytes, cancel);
            if (VerityPath.Check(tree, _hash, level, block, bytes, expected.Span) is { } damage)
                throw Damaged(damage);
            _hashBlocks.Add((level, block), bytes);
        }

        return bytes.AsMemory((int)(below % tree.DigestsPerBlock) * tree.SlotSize, tree.Parameters.Algorithm.Size);
    }

    private ImageException Damaged(VerityDamage damage) =>
        new(ImageFault.DigestMismatch, damage.ToString(), Where, "whoever keeps the image changed it or lost a part; have it made again");
}
