using Nacre.Images;
using Nacre.Images.Unpack;

namespace Nacre.UnitTests.Images;

/// <summary>Layers that go through symbolic links of the layers below them, as after the merge of /bin and /usr/bin.</summary>
[Trait("Group", "ImagesUnpack")]
public sealed class LayerLinksTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-links-").FullName;

    private string Rootfs => Path.Combine(_directory, "rootfs");

    [Theory]
    [InlineData("usr/bin")]
    [InlineData("/usr/bin")]
    [InlineData("../../../usr/bin")]
    [InlineData("./usr//lib/../bin/.")]
    public async Task A_file_lands_where_the_link_points(string target)
    {
        await ApplyAsync(
            new TarBytes().Directory("usr").Directory("usr/lib").Directory("usr/bin").File("usr/bin/old", "1").Symlink("bin", target),
            new TarBytes().File("bin/tool", "2").HardLink("bin/again", "bin/tool").HardLink("bin/older", "bin/old").File("bin/sub/x", "3"));

        Assert.Equal("2", await File.ReadAllTextAsync(Path.Combine(Rootfs, "usr/bin/tool")));
        Assert.Equal("2", await File.ReadAllTextAsync(Path.Combine(Rootfs, "usr/bin/again")));
        Assert.Equal("1", await File.ReadAllTextAsync(Path.Combine(Rootfs, "usr/bin/older")));
        Assert.Equal("3", await File.ReadAllTextAsync(Path.Combine(Rootfs, "usr/bin/sub/x")));
        Assert.Equal(target, new FileInfo(Path.Combine(Rootfs, "bin")).LinkTarget);
    }

    [Fact]
    public async Task A_whiteout_hides_what_is_behind_the_link_and_not_what_its_own_layer_wrote()
    {
        await ApplyAsync(
            new TarBytes().Directory("usr/bin").File("usr/bin/old", "1").File("usr/bin/older", "1").Symlink("bin", "usr/bin"),
            new TarBytes().File("bin/.wh.old").File("usr/bin/new", "2").File("bin/.wh.new"));
        Assert.Equal(["new", "older"], Names("usr/bin"));

        await ApplyAsync(new TarBytes().File("bin/only", "3").File("bin/.wh..wh..opq"));
        Assert.Equal(["only"], Names("usr/bin"));
    }

    [Theory]
    [InlineData("outside")]
    [InlineData("/")]
    [InlineData("../../../../..")]
    public async Task Nothing_outside_is_reached(string target)
    {
        var link = target == "outside" ? _directory : target;
        await ApplyAsync(new TarBytes().Symlink("link", link), new TarBytes().File("link/outside", "x").File("link/.wh.rootfs").HardLink("hard", "link/outside"));

        Assert.False(File.Exists(Path.Combine(_directory, "outside")));
        Assert.True(Directory.Exists(Rootfs));
        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(Rootfs, target == "outside" ? _directory[1..] + "/outside" : "outside")));
    }

    [Fact]
    public async Task Links_that_lead_in_a_circle_or_to_a_file_are_refused()
    {
        await RefusesAsync(new TarBytes().Symlink("a", "b").Symlink("b", "a"), new TarBytes().File("a/x", "1"));
        await RefusesAsync(new TarBytes().Symlink("a", "a/a"), new TarBytes().File("a/x", "1"));
        await RefusesAsync(new TarBytes().File("f", "1").Symlink("a", "f"), new TarBytes().File("a/x", "1"));
        // As with mkdir -p, what is missing behind a link is made.
        await ApplyAsync(new TarBytes().Symlink("dangling", "later"), new TarBytes().File("dangling/x", "1"));
        Assert.Equal("1", await File.ReadAllTextAsync(Path.Combine(Rootfs, "later/x")));
    }

    [Fact]
    public async Task A_directory_that_a_layer_names_takes_the_place_of_the_link()
    {
        await ApplyAsync(
            new TarBytes().Directory("usr/bin").File("usr/bin/old", "1").Symlink("bin", "usr/bin"), new TarBytes().Directory("bin").File("bin/tool", "2"));

        Assert.Null(new FileInfo(Path.Combine(Rootfs, "bin")).LinkTarget);
        Assert.Equal(["tool"], Names("bin"));
        Assert.Equal(["old"], Names("usr/bin"));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private List<string?> Names(string directory) =>
        [.. Directory.EnumerateFileSystemEntries(Path.Combine(Rootfs, directory)).Select(Path.GetFileName).Order(StringComparer.Ordinal)];

    private async Task RefusesAsync(params TarBytes[] layers)
    {
        var error = await Assert.ThrowsAsync<ImageException>(() => ApplyAsync(layers));
        Assert.Equal(ImageFault.UnsafeEntry, error.Fault);
        Directory.Delete(Rootfs, recursive: true);
    }

    private async Task ApplyAsync(params TarBytes[] layers)
    {
        Directory.CreateDirectory(Rootfs);
        using var rootfs = new RootfsBuilder(Rootfs, new());
        foreach (var layer in layers)
            await rootfs.ApplyAsync(new MemoryStream(layer.ToArray()), "test", CancellationToken.None);
        rootfs.Complete();
    }
}
