using Nacre.Formats.Verity;
using Nacre.Images;
using Nacre.Images.Verity;

namespace Nacre.UnitTests.Images.Verity;

[Trait("Group", "ImagesVerity")]
public sealed class VeritySourceTests : IDisposable
{
    private const int Blocks = 500;
    private readonly VerityScene _scene = new();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, Blocks * 4096)]
    [InlineData(4095, 2)]
    [InlineData((128 * 4096) - 10, 20)]
    [InlineData((Blocks * 4096) - 1, 1)]
    public async Task Hands_on_what_was_asked_for(int offset, int count)
    {
        var (tree, root, bytes) = await MakeAsync();
        await using var source = new VeritySource(new MemoryByteSource(bytes), tree, root);
        var buffer = new byte[count];
        await source.ReadAsync(offset, buffer, CancellationToken.None);

        Assert.Equal(bytes.AsSpan(offset, count).ToArray(), buffer);
    }

    [Fact]
    public async Task A_changed_bit_of_the_data_refuses_its_block_and_no_other()
    {
        var (tree, root, bytes) = await MakeAsync();
        foreach (var block in (int[])[0, 1, 127, 128, 300, Blocks - 1])
        {
            bytes[(block * 4096) + 77] ^= 4;
            await using var source = new VeritySource(new MemoryByteSource(bytes), tree, root);
            for (var other = Math.Max(block - 3, 0); other < Math.Min(block + 3, Blocks); other++)
                await ReadsAsync(source, other, isGood: other != block);
            bytes[(block * 4096) + 77] ^= 4;
        }
    }

    [Fact]
    public async Task A_changed_bit_of_the_tree_refuses_the_blocks_below_it()
    {
        var (tree, root, bytes) = await MakeAsync();
        bytes[tree.Levels[0].Offset + 4096 + 5] ^= 1;
        await using var source = new VeritySource(new MemoryByteSource(bytes), tree, root);
        await ReadsAsync(source, 127, isGood: true);
        await ReadsAsync(source, 128, isGood: false);
        await ReadsAsync(source, 255, isGood: false);
        await ReadsAsync(source, 256, isGood: true);

        bytes[tree.Start] ^= 1;
        await using var all = new VeritySource(new MemoryByteSource(bytes), tree, root);
        await ReadsAsync(all, 0, isGood: false);
    }

    [Fact]
    public async Task A_small_cache_gives_the_same_and_a_large_one_fetches_each_tree_block_once()
    {
        var (tree, root, bytes) = await MakeAsync();
        var memory = new MemoryByteSource(bytes);
        await using (var source = new VeritySource(memory, tree, root) { ReadAhead = 1, LargestReadAhead = 1 })
        {
            for (var round = 0; round < 2; round++)
            {
                for (var block = 0; block < Blocks; block++)
                    await ReadsAsync(source, block, isGood: true);
            }
        }

        Assert.Equal(Blocks + tree.HashBlocks, memory.Reads);
        await using var small = new VeritySource(new MemoryByteSource(bytes), tree, root, cachedBlocks: 1);
        for (var block = 0; block < Blocks; block += 37)
            await ReadsAsync(small, block, isGood: true);
    }

    [Fact]
    public async Task Reads_that_follow_one_another_fetch_more_at_once()
    {
        var (tree, root, bytes) = await MakeAsync();
        var memory = new MemoryByteSource(bytes);
        await using var source = new VeritySource(memory, tree, root) { ReadAhead = 4 };
        for (var block = 0; block < 128; block++)
            await ReadsAsync(source, block, isGood: true);

        // 4, 8, 16, 32, 64 and the 4 that are left of the leaf; and two blocks of the tree.
        Assert.Equal(6 + 2, memory.Reads);
    }

    [Fact]
    public async Task A_read_behind_the_data_is_refused()
    {
        var (tree, root, bytes) = await MakeAsync();
        await using var source = new VeritySource(new MemoryByteSource(bytes), tree, root);
        await Assert.ThrowsAsync<ImageException>(() => source.ReadAsync((Blocks * 4096) - 1, new byte[2], CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<ImageException>(() => source.ReadAsync(-1, new byte[1], CancellationToken.None).AsTask());
    }

    public void Dispose() => _scene.Dispose();

    private static async Task ReadsAsync(VeritySource source, int block, bool isGood)
    {
        var buffer = new byte[4096];
        if (isGood)
        {
            await source.ReadAsync(block * 4096L, buffer, CancellationToken.None);
            Assert.Equal((byte)(7 * block), buffer[0]);
            return;
        }

        var error = await Assert.ThrowsAsync<ImageException>(() => source.ReadAsync(block * 4096L, buffer, CancellationToken.None).AsTask());
        Assert.Equal(ImageFault.DigestMismatch, error.Fault);
        Assert.DoesNotContain(buffer, value => value != 0);
    }

    private async Task<(VerityTree Tree, byte[] Root, byte[] Bytes)> MakeAsync()
    {
        _scene.WriteData(Blocks, 4096);
        var tree = new VerityTree(VerityScene.Parameters(Blocks), Blocks * 4096L);
        using (var file = File.OpenHandle(_scene.Data, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            var root = await new VerityFormatter(tree).WriteAsync(file, file, "test", CancellationToken.None);
            return (tree, root, await File.ReadAllBytesAsync(_scene.Data));
        }
    }
}
