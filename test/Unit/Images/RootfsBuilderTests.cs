using System.Diagnostics;
using System.Text;
using Nacre.Images;
using Nacre.Images.Unpack;
using Nacre.Linux.Files;

namespace Nacre.UnitTests.Images;

[Trait("Group", "Images")]
public sealed class RootfsBuilderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-rootfs-").FullName;

    private string Rootfs => Path.Combine(_directory, "rootfs");

    [Theory]
    [InlineData("/etc/outside")]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("a/..")]
    [InlineData("..")]
    public async Task Refuses_names_that_lead_out(string name) => await RefusesAsync(ImageFault.UnsafeEntry, new TarBytes().File(name, "x"));

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    public async Task Refuses_long_names_that_lead_out(string name)
    {
        await RefusesAsync(ImageFault.UnsafeEntry, new TarBytes().Pax(("path", name)).File("harmless", "x"));
        await RefusesAsync(ImageFault.UnsafeEntry, new TarBytes().Raw('L', "././@LongLink", Encoding.UTF8.GetBytes(name + "\0")).File("harmless", "x"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("..")]
    [InlineData("/proc/self/root")]
    [InlineData(".")]
    public async Task Refuses_files_through_a_symbolic_link(string target)
    {
        await RefusesAsync(ImageFault.UnsafeEntry, new TarBytes().Symlink("link", target).File("link/outside", "x"));
        await RefusesAsync(ImageFault.UnsafeEntry, new TarBytes().Directory("d").Symlink("d/link", "../" + target).File("d/link/a/outside", "x"));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/../outside")]
    [InlineData("link/passwd")]
    [InlineData("missing")]
    [InlineData("d")]
    public async Task Refuses_hard_links_to_what_is_not_in_the_image(string target)
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "outside"), "x");
        await RefusesAsync(ImageFault.UnsafeEntry, new TarBytes().Directory("d").Symlink("link", "/etc").HardLink("hard", target));
        Assert.False(File.Exists(Path.Combine(Rootfs, "hard")));
    }

    [Fact]
    public async Task A_file_replaces_a_link_instead_of_writing_through_it()
    {
        var victim = Path.Combine(_directory, "victim");
        await File.WriteAllTextAsync(victim, "untouched");
        await ApplyAsync(new TarBytes().Symlink("file", victim).File("file", "new"));

        Assert.Equal("untouched", await File.ReadAllTextAsync(victim));
        Assert.Equal("new", await File.ReadAllTextAsync(Path.Combine(Rootfs, "file")));
    }

    [Fact]
    public async Task A_mode_or_time_is_never_set_through_a_link()
    {
        var victim = Path.Combine(_directory, "victim");
        await File.WriteAllTextAsync(victim, "x");
        File.SetUnixFileMode(victim, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await ApplyAsync(new TarBytes().Entry('2', "link", victim, mode: 0xfff));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(victim));
    }

    [Fact]
    public async Task Applies_whiteouts_to_lower_layers_only()
    {
        await ApplyAsync(
            new TarBytes().Directory("d").File("d/old", "1").File("gone", "1").Directory("tree").File("tree/x", "1"),
            new TarBytes().File("d/new", "2").File("d/.wh..wh..opq").File(".wh.gone").File("tree/y", "2").File(".wh.tree"));

        Assert.Equal(["d", "d/new", "tree", "tree/y"], Names());
    }

    [Theory]
    [InlineData(".wh.")]
    [InlineData(".wh...")]
    [InlineData(".wh..")]
    [InlineData("a/.wh...")]
    public async Task Refuses_whiteouts_of_the_directory_itself(string name) =>
        await RefusesAsync(ImageFault.UnsafeEntry, new TarBytes().Directory("a").File(name));

    [Fact]
    public async Task Keeps_names_times_modes_and_links()
    {
        var longName = string.Join('/', Enumerable.Repeat(new string('n', 60), 5));
        await ApplyAsync(new TarBytes()
            .Directory("ro", mode: 0x16d)
            .File("ro/inside", "1", mode: 0x9ed)
            .HardLink("ro/again", "ro/inside")
            .HardLink("ro/absolute", "/ro/inside")
            .Pax(("path", longName), ("mtime", "1234567890.25")).File("short", "2")
            .Pax(("path", "ümlaut")).File("u", "3")
            .Symlink("link", "anywhere/at/all"));

        var inside = Path.Combine(Rootfs, "ro/inside");
        Assert.True(File.GetUnixFileMode(inside).HasFlag(UnixFileMode.SetUser));
        Assert.Equal((UnixFileMode)0x16d, File.GetUnixFileMode(Path.Combine(Rootfs, "ro")));
        Assert.Equal("1", await File.ReadAllTextAsync(Path.Combine(Rootfs, "ro/again")));
        Assert.Equal("1", await File.ReadAllTextAsync(Path.Combine(Rootfs, "ro/absolute")));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1234567890250).UtcDateTime, File.GetLastWriteTimeUtc(Path.Combine(Rootfs, longName)));
        Assert.Equal("3", await File.ReadAllTextAsync(Path.Combine(Rootfs, "ümlaut")));
        Assert.Equal(new DateTime(2001, 9, 9, 1, 46, 40, DateTimeKind.Utc), Directory.GetLastWriteTimeUtc(Path.Combine(Rootfs, "ro")));
        Assert.Equal("anywhere/at/all", new FileInfo(Path.Combine(Rootfs, "link")).LinkTarget);
    }

    [Fact]
    public async Task Keeps_names_that_are_no_text()
    {
        var tar = new TarBytes().File("bad", "x").ToArray();
        tar[1] = 0xff;
        FixSum(tar);
        await ApplyAsync(tar);

        var listing = Process.Start(new ProcessStartInfo("ls", ["-b", Rootfs]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.Equal("b\\377d\n", await listing.StandardOutput.ReadToEndAsync());
    }

    [Theory]
    [InlineData('3')]
    [InlineData('4')]
    public async Task Leaves_devices_out_and_says_so(char type)
    {
        var notes = await ApplyAsync(new TarBytes().Entry(type, "device", major: 1, minor: 3).File("after", "1"));

        Assert.Equal(["after"], Names());
        Assert.Contains("1:3", Assert.Single(notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_negative_and_overlong_sizes()
    {
        await RefusesAsync(ImageFault.Malformed, new TarBytes().Entry('0', "f", sizeField: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]));
        await RefusesAsync(ImageFault.Malformed, new TarBytes().Entry('0', "f", sizeField: [0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]));
        await RefusesAsync(ImageFault.Malformed, new TarBytes().File("f", "x", size: 1 << 20));
        await RefusesAsync(ImageFault.Malformed, new TarBytes().Entry('5', "d", size: 512, content: new byte[512]));
        await RefusesAsync(ImageFault.TooLarge, new TarBytes().Entry('x', "p", size: 1 << 30));
    }

    [Theory]
    [InlineData("uid", "-1")]
    [InlineData("uid", "4294967295")]
    [InlineData("size", "x")]
    [InlineData("GNU.sparse.major", "1")]
    [InlineData("mtime", "soon")]
    [InlineData("SCHILY.xattr.", "v")]
    [InlineData("SCHILY.xattr.user.a\0b", "v")]
    public async Task Refuses_records_that_break_a_rule(string key, string value) =>
        await RefusesAsync(ImageFault.Malformed, new TarBytes().Pax((key, value)).File("f"));

    [Fact]
    public async Task Refuses_attributes_that_no_file_can_have()
    {
        await RefusesAsync(ImageFault.Malformed, new TarBytes().Pax(($"SCHILY.xattr.user.{new string('n', 256)}", "v")).File("f"));
        await RefusesAsync(ImageFault.Malformed, new TarBytes().Pax(("SCHILY.xattr.user.a", new string('v', 65537))).File("f"));
    }

    [Theory]
    [InlineData('V')]
    [InlineData('?')]
    public async Task Refuses_entry_types_it_does_not_know(char type) => await RefusesAsync(ImageFault.Malformed, new TarBytes().Entry(type, "f"));

    [Fact]
    public async Task Holds_its_limits()
    {
        var many = new TarBytes();
        for (var i = 0; i < 11; i++)
            many.File($"f{i}");
        await RefusesAsync(ImageFault.TooLarge, [many], new() { Entries = 10 });
        await RefusesAsync(ImageFault.TooLarge, new TarBytes().Pax(("path", new string('a', 300))).File("f"));
        await RefusesAsync(ImageFault.TooLarge, new TarBytes().Pax(("path", string.Join('/', Enumerable.Repeat("d", 200)))).File("f"));
        await RefusesAsync(ImageFault.TooLarge, new TarBytes().Pax(("path", new string('/', 5000))).File("f"));
    }

    [Fact]
    public async Task Refuses_every_truncation_inside_an_entry()
    {
        var tar = new TarBytes().Pax(("path", "a/b")).File("x", "content").ToArray();
        // A cut right after the data of the last file loses only padding; one between entries is another archive, which diff_id tells.
        for (var length = 1; length < 1536 + "content".Length; length++)
        {
            var error = await Record.ExceptionAsync(() => ApplyAsync(tar[..length]));
            Assert.True(error is ImageException or EndOfStreamException, $"{length}: {error}");
        }
    }

    // Any change of one byte may be another archive or a refusal, never anything else, and never a file outside.
    [Fact]
    public async Task Survives_every_changed_byte()
    {
        var tar = new TarBytes().Pax(("path", "a/b"), ("mtime", "1.5")).File("x", "content").HardLink("h", "a/b").Symlink("s", "t").ToArray();
        for (var i = 0; i < tar.Length - 1024; i++)
        {
            var changed = tar.ToArray();
            changed[i] ^= 0x41;
            if (i % 512 is < 148 or >= 156)
                FixSum(changed);
            var error = await Record.ExceptionAsync(() => ApplyAsync(changed));
            Assert.True(error is null or ImageException or EndOfStreamException, $"{i}: {error}");
            Assert.Equal(["rootfs"], Directory.EnumerateFileSystemEntries(_directory).Select(Path.GetFileName));
        }
    }

    public void Dispose()
    {
        // The framework cannot delete names that are no text.
        using (var directory = DirectoryHandle.Open(_directory))
            directory.RemoveTree("rootfs");
        Directory.Delete(_directory, recursive: true);
    }

    private async Task RefusesAsync(ImageFault fault, TarBytes layer) => await RefusesAsync(fault, [layer]);

    private async Task RefusesAsync(ImageFault fault, TarBytes[] layers, UnpackLimits? limits = null)
    {
        var error = await Assert.ThrowsAsync<ImageException>(() => ApplyAsync(limits ?? new(), [.. layers.Select(layer => layer.ToArray())]));
        Assert.Equal(fault, error.Fault);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_directory), path => !path.EndsWith("rootfs", StringComparison.Ordinal) && !path.EndsWith("outside", StringComparison.Ordinal));
    }

    private Task<IReadOnlyList<string>> ApplyAsync(params TarBytes[] layers) => ApplyAsync(new(), [.. layers.Select(layer => layer.ToArray())]);

    private Task<IReadOnlyList<string>> ApplyAsync(byte[] layer) => ApplyAsync(new(), layer);

    private async Task<IReadOnlyList<string>> ApplyAsync(UnpackLimits limits, params byte[][] layers)
    {
        Directory.CreateDirectory(Rootfs);
        using var rootfs = new RootfsBuilder(Rootfs, new() { Limits = limits });
        foreach (var layer in layers)
            await rootfs.ApplyAsync(new MemoryStream(layer), "test", CancellationToken.None);
        rootfs.Complete();
        return rootfs.Notes;
    }

    private List<string> Names() =>
        [.. Directory.EnumerateFileSystemEntries(Rootfs, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Rootfs, path)).Order(StringComparer.Ordinal)];

    private static void FixSum(byte[] tar)
    {
        for (var at = 0; at < tar.Length; at += 512)
        {
            var block = tar.AsSpan(at, 512);
            if (!block.Slice(257, 5).SequenceEqual("ustar"u8))
                continue;

            block.Slice(148, 8).Fill((byte)' ');
            var sum = 0;
            foreach (var b in block)
                sum += b;
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(block[148..]);
        }
    }
}
