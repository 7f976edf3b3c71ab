using System.Diagnostics;
using Nacre.Formats;
using Nacre.Formats.Erofs;
using Nacre.Images;
using Nacre.Images.Unpack;
using Nacre.Images.Verity;

namespace Nacre.UnitTests.Images.Verity;

[Trait("Group", "ImagesVerity")]
public sealed class LayerImageTests : IDisposable
{
    private readonly LayerImageScene _scene = new();

    [Fact]
    public async Task Every_kind_of_entry_is_there_again()
    {
        var lines = await _scene.ListAsync(new TarBytes()
            .Directory("d/", 0x3ed)
            .File("d/f", "hello", 0x9ed)
            .HardLink("d/g", "d/f")
            .Symlink("d/l", "../some/where")
            .Entry('3', "null", major: 1, minor: 3)
            .Entry('4', "disk", major: 259, minor: 70000)
            .Entry('6', "pipe")
            .Pax(("SCHILY.xattr.user.a", "1"), ("SCHILY.xattr.security.capability", "xyz"), ("mtime", "-1.5")).File("x", new string('x', 5000))
            .File("implied/below", "y")
            .ToArray());

        Assert.Equal(
            [
                " Directory 755 0:0 x4",
                "/d Directory 1755 0:0 x2",
                "/d/f Regular 4755 0:0 x2 5 2cf24dba",
                "/d/g Regular 4755 0:0 x2 5 2cf24dba",
                "/d/l SymbolicLink 777 0:0 x1 -> ../some/where",
                "/disk BlockDevice 644 0:0 x1 dev 11110370",
                "/implied Directory 755 0:0 x2",
                "/implied/below Regular 644 0:0 x1 1 a1fce436",
                "/null CharacterDevice 644 0:0 x1 dev 103",
                "/pipe Fifo 644 0:0 x1",
                "/x Regular 644 0:0 x1 5000 " + Hash(new string('x', 5000)) + " [security.capability=xyz] [user.a=1]",
            ],
            lines);
    }

    [Fact]
    public async Task Whiteouts_are_what_an_overlay_wants()
    {
        var lines = await _scene.ListAsync(new TarBytes()
            .File("d/.wh..wh..opq").File("d/new", "1")
            .File(".wh.gone")
            .File(".wh..wh.plnk")
            .File(".wh.replaced").Directory("replaced/")
            .Directory("kept/").File(".wh.kept")
            .File("file", "2").File(".wh.file")
            .File(".wh.way").File("way/below", "3")
            .ToArray());

        const string opaque = "[trusted.overlay.opaque=y]";
        Assert.Equal(
            [
                " Directory 755 0:0 x6",
                "/d Directory 755 0:0 x2 " + opaque,
                "/d/new Regular 644 0:0 x1 1 6b86b273",
                "/file Regular 644 0:0 x1 1 d4735e3a",
                "/gone CharacterDevice 0 0:0 x1 dev 0",
                "/kept Directory 755 0:0 x2 " + opaque,
                "/replaced Directory 755 0:0 x2 " + opaque,
                "/way Directory 755 0:0 x2 " + opaque,
                "/way/below Regular 644 0:0 x1 1 4e074085",
            ],
            lines);
    }

    [Fact]
    public async Task The_last_entry_of_a_name_counts_and_links_are_counted_again()
    {
        var lines = await _scene.ListAsync(new TarBytes()
            .File("a/f", "1").HardLink("b", "a/f").HardLink("b", "b").File("a", "2").File("c", "3").Directory("c/").Directory("c/", 0x1c0)
            .ToArray());

        Assert.Equal(
            [" Directory 755 0:0 x3", "/a Regular 644 0:0 x1 1 d4735e3a", "/b Regular 644 0:0 x1 1 6b86b273", "/c Directory 700 0:0 x2"], lines);
    }

    [Fact]
    public async Task Sizes_around_blocks_and_tails_and_a_directory_of_many_names()
    {
        var tar = new TarBytes();
        foreach (var size in (int[])[0, 1, 2047, 2048, 2049, 4095, 4096, 4097, 6144, 6145, 300_000])
            tar.File($"f{size:d6}", new string((char)('a' + (size % 23)), size));
        for (var i = 0; i < 1000; i++)
            tar.File($"many/{i:d4}-{new string('n', i % 90)}", i % 7 == 0 ? "x" : "");

        var (path, image) = await _scene.WriteAsync(tar.ToArray());
        await using var source = new FileByteSource(path);
        var lines = await LayerImageScene.ListAsync(source, image.HashOffset);

        Assert.Equal(1 + 11 + 1 + 1000, lines.Count);
        foreach (var size in (int[])[0, 1, 2047, 2048, 2049, 4095, 4096, 4097, 6144, 6145, 300_000])
            Assert.Contains($"/f{size:d6} Regular 644 0:0 x1 {size} {Hash(new string((char)('a' + (size % 23)), size))}", lines);

        var reader = await ErofsReader.OpenAsync(source, image.HashOffset, CancellationToken.None);
        var many = await reader.FindAsync(await reader.RootAsync(CancellationToken.None), "many", CancellationToken.None);
        for (var i = 0; i < 1000; i++)
            Assert.NotNull(await reader.FindAsync(many!, $"{i:d4}-{new string('n', i % 90)}", CancellationToken.None));
        Assert.Null(await reader.FindAsync(many!, "0500-", CancellationToken.None));
    }

    [Fact]
    public async Task The_same_layer_is_the_same_bytes()
    {
        var tar = new TarBytes().Directory("b/").File("b/f", "hello").Symlink("a", "b").ToArray();
        var (first, image) = await _scene.WriteAsync(tar);
        var (second, again) = await _scene.WriteAsync(tar);

        Assert.Equal(await File.ReadAllBytesAsync(first), await File.ReadAllBytesAsync(second));
        Assert.Equal(image.RootHash, again.RootHash);
        // Known to whoever pinned it: a change of this value is a change of every root hash that was ever published.
        Assert.StartsWith("33f59108fec60de87e966c69aa7df1a272761c7158658ab1ed", Convert.ToHexStringLower(image.RootHash), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sparse_file_has_zeros_where_its_holes_were()
    {
        var data = new string('z', 512);
        var lines = await _scene.ListAsync(new TarBytes()
            .Pax(("GNU.sparse.size", "20001"), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.map", "8192,500,19989,12")).File("s", data).ToArray());

        var expected = new char[20001];
        Array.Fill(expected, 'z', 8192, 500);
        Array.Fill(expected, 'z', 19989, 12);
        Assert.Contains($"/s Regular 644 0:0 x1 20001 {Hash(new string(expected))}", lines);
    }

    [Fact]
    public async Task Holes_count_as_bytes() => Assert.Equal(ImageFault.TooLarge, (await Assert.ThrowsAsync<ImageException>(() => _scene.WriteAsync(
        new TarBytes().Pax(("GNU.sparse.size", "2000001"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "0,1")).File("s", "z").ToArray(),
        new UnpackLimits { Bytes = 1 << 20 }))).Fault);

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a/../../x")]
    public async Task A_path_out_of_the_layer_is_refused(string name) => await RefusesAsync(new TarBytes().File(name, "x"));

    [Fact]
    public async Task What_cannot_stand_by_itself_is_refused()
    {
        await RefusesAsync(new TarBytes().Symlink("l", "/etc").File("l/passwd", "x"));
        await RefusesAsync(new TarBytes().HardLink("h", "not/here"));
        await RefusesAsync(new TarBytes().Directory("d/").HardLink("h", "d"));
        await RefusesAsync(new TarBytes().File(".wh."));
        await RefusesAsync(new TarBytes().Entry('3', "dev", major: 4096, minor: 0));
    }

    [Fact]
    public async Task An_attribute_that_would_steer_the_overlay_is_left_out_and_noted()
    {
        var lines = await _scene.ListAsync(new TarBytes()
            .Pax(("SCHILY.xattr.trusted.overlay.redirect", "/etc"), ("SCHILY.xattr.strange.a", "1")).Directory("d/").ToArray());

        Assert.Contains("/d Directory 755 0:0 x2", lines);
        Assert.Equal(2, _scene.Notes.Count);
    }

    // Any image may have a root hash; reading one must end, and with an error that says what is wrong.
    [Fact]
    public async Task A_damaged_image_is_malformed_or_another_image_and_ends()
    {
        var tar = new TarBytes().Directory("d/").File("d/f", new string('x', 5000)).Symlink("l", "d").Pax(("SCHILY.xattr.user.a", "1")).File("x", "1");
        for (var i = 0; i < 100; i++)
            tar.File($"many/{i:d3}{new string('n', 60)}", "x");
        var (path, image) = await _scene.WriteAsync(tar.ToArray());
        var bytes = (await File.ReadAllBytesAsync(path))[..(int)image.HashOffset];

        var random = new Random(20261121);
        var refused = 0;
        var watch = Stopwatch.StartNew();
        for (var round = 0; round < 3000 && watch.Elapsed < TimeSpan.FromSeconds(20); round++)
        {
            byte[] changed = [.. bytes];
            // Not the checksum's part: it would hide everything else.
            for (var flips = random.Next(1, 4); flips > 0; flips--)
                changed[random.Next(ErofsSuperblock.BlockSize, changed.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                await using var source = new MemoryByteSource(changed);
                await LayerImageScene.ListAsync(source, changed.Length);
            }
            catch (MalformedDataException)
            {
                refused++;
            }
        }

        Assert.NotEqual(0, refused);
    }

    [Fact]
    public void Every_bit_of_the_superblock_is_under_its_checksum()
    {
        var block = new ErofsSuperblock { RootInode = 1, Inodes = 2, Time = 3, Nanoseconds = 4, Blocks = 5, InodesAt = 1, Uuid = Guid.Empty }.ToBlock();
        Assert.Equal(5u, ErofsSuperblock.Parse(block).Blocks);
        for (var at = ErofsSuperblock.Offset; at < block.Length; at++)
        {
            block[at] ^= 1;
            // Without the flag that there is a checksum, it is another image that says so; nothing else gets through.
            if (at != ErofsSuperblock.Offset + 8)
                Assert.Throws<MalformedDataException>(() => ErofsSuperblock.Parse(block));
            block[at] ^= 1;
        }

        for (var length = 0; length < ErofsSuperblock.Offset + ErofsSuperblock.Size; length += 7)
            Assert.Throws<MalformedDataException>(() => ErofsSuperblock.Parse(block.AsSpan(0, length)));
    }

    public void Dispose() => _scene.Dispose();

    private async Task RefusesAsync(TarBytes tar)
    {
        var error = await Assert.ThrowsAsync<ImageException>(() => _scene.WriteAsync(tar.ToArray()));
        Assert.True(error.Fault == ImageFault.UnsafeEntry, error.Message);
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.Latin1.GetBytes(text)))[..8];
}
