using System.Security.Cryptography;
using Nacre.Formats.Verity;
using Nacre.Images;
using Nacre.Images.Verity;

namespace Nacre.UnitTests.Images.Verity;

[Trait("Group", "ImagesVerity")]
public sealed class VerityTreeTests : IDisposable
{
    private readonly VerityScene _scene = new();

    // Root hashes of veritysetup 2.6.
    [Theory]
    [InlineData(1, "65d28d95e01c51e66604ee7c2372395dc6221009532972620ae214db8d839f0f")]
    [InlineData(2, "cf06bf8bff7b892efc472287d6008dd346dfd973ebaf2db5ab0040917e6105cc")]
    [InlineData(3, "c5cb83837a0a7eb1a7078b461f0310ef4785f9af48fd5d17be171ecafc8a1a1f")]
    [InlineData(127, "9ea63bd438cda941a856935f7ca931e9ee0cae45110233ff019c361e871a4361")]
    [InlineData(128, "efe8cd7d8bfc8a601419d1831878c8857af5baa951ee686e7981ceeafdf28cd5")]
    [InlineData(129, "653d106fa1486bdd566a2cc6f160063c42c4d6ae4db2ab9eb14346c470eaf9a3")]
    [InlineData(300, "a436cb73b7049a1111776f5acf893f002974d4a234d88d20623330f77315ed45")]
    [InlineData(300, "f7332afc6bc5704d9e940895644c52635925b2a86d3d35e6dd83e0d9f87ecbf8", 0)]
    [InlineData(300, "202933989942b72620447622af10a89b2b5ad2a488fc0fc64671b816dc28249d", -32)]
    [InlineData(300, "84ae1239b8cdfacd3bcef820db047fa49ab8e220afb29908d970a916ee3f8184", 32, "sha256", 512, 512)]
    [InlineData(300, "baef0081b5c439848375c36ff74470d682ae751082f85f59ab252cd7e75acee49e659e43648ae1748545c8ef22bd8101", 32, "sha384", 4096, 1024)]
    [InlineData(300, "c7e7a265f963f20ae754f076b72d8c9487e111fd", 20, "sha1")]
    [InlineData(300, "1d59754169011ed9ce639a3761b8da597388d808", 20, "sha1", 4096, 4096, 0)]
    [InlineData(
        300,
        "dc56fc95e330cf2e3171fae3800d42e0c05d0f796faf80c4556109646214e9dd15cf03e2d1ca92c263d44fb91fac4eb4061c6991347eb31bcf0f0f0c0c518128",
        32, "sha512")]
    [InlineData(17000, "cc4445e17e4b19d0bd20ea373afd8ffaf4e93621acfb7ff0c7819833e88136c2", 32, "sha256", 512, 512)]
    public async Task Root_hash_is_that_of_veritysetup(
        long blocks, string root, int salt = 32, string algorithm = "sha256", int dataBlock = 4096, int hashBlock = 4096, int type = 1)
    {
        _scene.WriteData(blocks, dataBlock);
        var bytes = salt < 0 ? new byte[-salt] : VerityScene.Salt(salt);
        var tree = new VerityTree(VerityScene.Parameters(blocks, algorithm, dataBlock, hashBlock, bytes, type), start: 0);

        foreach (var workers in (int[])[1, 3])
        {
            Assert.Equal(root, Convert.ToHexStringLower(await _scene.FormatAsync(tree, workers)));
            Assert.Null(await _scene.CheckAsync(tree, Convert.FromHexString(root), workers));
        }
    }

    [Fact]
    public async Task Every_block_with_one_bit_changed_is_named_with_its_level_and_offset()
    {
        const int blocks = 700;
        _scene.WriteData(blocks, 512);
        var tree = new VerityTree(VerityScene.Parameters(blocks, dataBlock: 512, hashBlock: 512), start: 512);
        var root = await _scene.FormatAsync(tree);
        Assert.Equal(3, tree.Levels.Count);

        for (var block = 0; block < blocks; block += 13)
            await FindsAsync(_scene.Data, VerityDamage.Data, block, block * 512);
        for (var level = 0; level < tree.Levels.Count; level++)
        {
            for (var block = 0; block < tree.Levels[level].Blocks; block++)
                await FindsAsync(_scene.Hash, level, block, tree.Levels[level].Offset + (block * 512));
        }

        async Task FindsAsync(string file, int level, long block, long offset)
        {
            using (VerityScene.Flip(file, offset + RandomNumberGenerator.GetInt32(512), RandomNumberGenerator.GetInt32(8)))
            {
                var damage = await _scene.CheckAsync(tree, root);
                Assert.Equal((level, block, offset), (damage?.Level, damage?.Block, damage?.Offset));
                Assert.Equal(level == tree.Levels.Count - 1, damage!.AtRoot);
            }
        }
    }

    [Fact]
    public async Task Damage_before_a_damaged_tree_block_is_found_first()
    {
        _scene.WriteData(5000, 512);
        var tree = new VerityTree(VerityScene.Parameters(5000, dataBlock: 512, hashBlock: 512), start: 0);
        var root = await _scene.FormatAsync(tree);

        // The second block of level 1 covers data from block 256 on, in the same batch as the first.
        using (VerityScene.Flip(_scene.Hash, tree.Levels[1].Offset + 512))
        {
            Assert.Equal((1, 1L), (await _scene.CheckAsync(tree, root)) is { } alone ? (alone.Level, alone.Block) : default);
            using (VerityScene.Flip(_scene.Data, 255 * 512))
                Assert.Equal((-1, 255L), (await _scene.CheckAsync(tree, root)) is { } both ? (both.Level, both.Block) : default);
        }
    }

    [Fact]
    public async Task A_root_hash_or_a_salt_with_one_bit_changed_fails_at_the_root()
    {
        _scene.WriteData(300, 4096);
        var tree = new VerityTree(VerityScene.Parameters(300), start: 0);
        var root = await _scene.FormatAsync(tree);

        for (var i = 0; i < root.Length; i++)
        {
            byte[] other = [.. root];
            other[i] ^= 0x10;
            Assert.True((await _scene.CheckAsync(tree, other))?.AtRoot);
        }

        for (var i = 0; i < 32; i++)
        {
            var salt = VerityScene.Salt(32);
            salt[i] ^= 1;
            Assert.True((await _scene.CheckAsync(new(tree.Parameters with { Salt = salt }, 0), root))?.AtRoot);
        }
    }

    // Fewer blocks of data in a tree of the same shape: the digest of the last one would stand there unread.
    [Fact]
    public async Task A_block_of_data_fewer_is_found()
    {
        _scene.WriteData(300, 4096);
        var tree = new VerityTree(VerityScene.Parameters(300), start: 0);
        var root = await _scene.FormatAsync(tree);

        var damage = await _scene.CheckAsync(new(tree.Parameters with { DataBlocks = 299 }, 0), root);

        Assert.Equal((0, 2L, null), (damage?.Level, damage?.Block, damage?.Expected));
    }

    [Fact]
    public async Task A_file_that_is_cut_short_is_refused()
    {
        _scene.WriteData(300, 4096);
        var tree = new VerityTree(VerityScene.Parameters(300), start: 0);
        var root = await _scene.FormatAsync(tree);
        File.WriteAllBytes(_scene.Data, File.ReadAllBytes(_scene.Data)[..^1]);

        Assert.Equal(ImageFault.Malformed, (await Assert.ThrowsAsync<ImageException>(() => _scene.CheckAsync(tree, root))).Fault);
        Assert.Equal(ImageFault.Malformed, (await Assert.ThrowsAsync<ImageException>(() => _scene.FormatAsync(tree))).Fault);
    }

    public void Dispose() => _scene.Dispose();
}
