using System.Security.Cryptography;
using Nacre.Images;
using Nacre.Images.References;
using Nacre.Images.Store;
using Nacre.Images.Unpack;
using Nacre.Linux;
using Nacre.Linux.Files;
using Nacre.Linux.Mounts;

namespace Nacre.UnitTests.Images.Store;

/// <summary>Layers unpacked one by one and put together again give what unpacking them into one directory gives.</summary>
[Trait("Group", "ImagesStore")]
public sealed class LayerTreeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-layers-").FullName;

    public static TheoryData<string> Cases => [.. Layers.Keys];

    private static Dictionary<string, TarBytes[]> Layers { get; } = new()
    {
        ["whiteout of a file"] = [new TarBytes().Directory("a").File("a/x", "1").File("a/y", "2"), new TarBytes().Directory("a").File("a/.wh.x")],
        ["whiteout of a directory"] = [new TarBytes().Directory("a").File("a/x", "1"), new TarBytes().File(".wh.a")],
        ["a directory instead of another"] =
            [new TarBytes().Directory("a").File("a/x", "1"), new TarBytes().File(".wh.a").Directory("a").File("a/y", "2")],
        ["whiteout after the new directory"] =
            [new TarBytes().Directory("a").File("a/x", "1"), new TarBytes().Directory("a").File("a/y", "2").File(".wh.a")],
        ["opaque"] = [new TarBytes().Directory("a").File("a/x", "1").Directory("a/d").File("a/d/z", "3"),
            new TarBytes().Directory("a").File("a/y", "2").File("a/.wh..wh..opq").Directory("a/d")],
        ["opaque above nested directories"] =
        [
            new TarBytes().Directory("a").Directory("a/d").File("a/d/x", "1").Directory("a/e").File("a/e/x", "1").File("a/f", "1"),
            new TarBytes().Directory("a").Directory("a/d").File("a/d/y", "2").Directory("a/e").File("a/e/y", "2").File("a/.wh..wh..opq"),
        ],
        ["opaque root"] = [new TarBytes().Directory("a").File("a/x", "1"), new TarBytes().File(".wh..wh..opq").File("b", "2"), new TarBytes().File("c", "3")],
        ["a file instead of a directory"] = [new TarBytes().Directory("a").File("a/x", "1"), new TarBytes().File("a", "2"), new TarBytes().Directory("a").File("a/y", "3")],
        ["a directory that is not stated"] = [new TarBytes().Directory("t", 0x3ff).File("t/x", "1"), new TarBytes().File("t/y", "2")],
        ["through a lower link"] = [new TarBytes().Directory("usr").Directory("usr/bin").Symlink("bin", "usr/bin"), new TarBytes().File("bin/tool", "1")],
        ["a directory instead of a link"] = [new TarBytes().Directory("usr").Symlink("bin", "usr"), new TarBytes().Directory("bin").File("bin/tool", "1")],
        ["a hard link to a lower file"] = [new TarBytes().Directory("a").File("a/x", "1", 0x9ed), new TarBytes().HardLink("b", "a/x")],
        ["a hard link through a lower link"] =
            [new TarBytes().Directory("u").File("u/x", "1").Symlink("l", "u"), new TarBytes().Directory("n").HardLink("n/h", "l/x")],
        ["a hard link to a file below itself"] = [new TarBytes().File("x", "1"), new TarBytes().HardLink("x", "x")],
        ["hard links of one layer"] = [new TarBytes().File("x", "1").HardLink("y", "x").HardLink("z", "y"), new TarBytes().File(".wh.x")],
        ["into a directory that a layer between hid"] =
            [new TarBytes().Directory("a").File("a/x", "1"), new TarBytes().File(".wh.a"), new TarBytes().File("a/y", "2")],
        ["root directory"] = [new TarBytes().Directory("./", 0x1c0).File("x", "1"), new TarBytes().File("y", "2")],
        ["modes"] = [new TarBytes().File("s", "1", 0x9ed).Directory("t", 0x3ff), new TarBytes().Directory("t", 0x1c0)],
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Gives_the_same_tree(string name)
    {
        var expected = await DirectAsync(Layers[name]);
        Assert.NotEmpty(expected);
        Assert.DoesNotContain("refused", expected[0], StringComparison.Ordinal);
        var stored = await StoreAsync(Layers[name]);
        Assert.Equal(expected, Apply(stored));
        if (ProcessIdentity.IsRoot)
            Assert.Equal(expected, Mount(stored));
    }

    [Fact]
    public async Task Gives_the_same_tree_for_any_layers()
    {
        var random = new Random(20_261_121);
        var compared = 0;
        for (var round = 0; round < 300; round++)
        {
            TarBytes[] layers = [.. Enumerable.Range(0, 3).Select(_ => RandomLayer(random))];
            var expected = await DirectAsync(layers);
            IReadOnlyList<string> found;
            try
            {
                found = Apply(await StoreAsync(layers));
                compared++;
            }
            catch (ImageException e)
            {
                found = [$"refused {e.Fault}"];
            }

            var archives = string.Join(" ; ", layers.Select(layer => layer.ToString()));
            Assert.True(expected.SequenceEqual(found), $"round {round}, {archives}: {string.Join(" | ", expected)} became {string.Join(" | ", found)}");
        }

        Assert.InRange(compared, 50, 300);
    }

    [Theory]
    [InlineData("whiteout of a file", false)]
    [InlineData("a directory that is not stated", true)]
    [InlineData("a hard link to a lower file", true)]
    public async Task Knows_what_needs_the_layers_below(string name, bool needs) =>
        Assert.Equal(needs, (await StoreAsync(Layers[name]))[^1].NeedsBelow);

    [Theory]
    [InlineData("size")]
    [InlineData("missing")]
    [InlineData("mode")]
    [InlineData("time")]
    [InlineData("more")]
    public async Task A_digest_finds_what_was_changed(string change)
    {
        var stored = (await StoreAsync([new TarBytes().Directory("a").File("a/x", "content")]))[0];
        var file = Path.Combine(stored.Path, "a/x");
        using var tree = DirectoryHandle.Open(stored.Path);
        var before = TreeDigest.Of(tree);
        Assert.Equal(before, TreeDigest.Of(tree));
        var written = File.GetLastWriteTimeUtc(file);
        switch (change)
        {
            case "size":
                await File.WriteAllTextAsync(file, "other content");
                File.SetLastWriteTimeUtc(file, written);
                break;
            case "missing": File.Delete(file); break;
            case "mode": File.SetUnixFileMode(file, UnixFileMode.UserRead); break;
            case "time": File.SetLastWriteTimeUtc(file, written.AddSeconds(1)); break;
            default: await File.WriteAllTextAsync(file + "2", ""); break;
        }

        Assert.NotEqual(before, TreeDigest.Of(tree));
    }

    [Fact]
    public async Task An_image_cannot_speak_to_overlayfs()
    {
        var layer = new TarBytes().Pax(("SCHILY.xattr.trusted.overlay.opaque", "y"), ("SCHILY.xattr.user.note", "1")).Directory("a");
        var stored = (await StoreAsync([layer]))[0];
        using var tree = DirectoryHandle.Open(stored.Path);
        Assert.False(OverlayForm.IsOpaque(tree, "a"));
        Assert.Equal("1"u8.ToArray(), tree.FindAttribute("a", "user.note"));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static TarBytes RandomLayer(Random random)
    {
        string[] names = ["a", "b", "a/c", "a/d", "b/c", "a/c/e", "b/c/e"];
        var layer = new TarBytes();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var name = names[random.Next(names.Length)];
            var slash = name.LastIndexOf('/') + 1;
            layer = random.Next(9) switch
            {
                0 or 1 => layer.File(name, $"{random.Next(10)}"),
                2 or 3 or 4 => layer.Directory(name, random.Next(2) == 0 ? 0x1edu : 0x1c0u),
                5 => layer.Symlink(name, names[random.Next(2)]),
                6 => layer.File(name[..slash] + ".wh." + name[slash..]),
                7 => layer.File(name[..slash] + ".wh..wh..opq"),
                _ => layer.HardLink(name, names[random.Next(names.Length)]),
            };
        }

        return layer;
    }

    private async Task<IReadOnlyList<string>> DirectAsync(TarBytes[] layers)
    {
        var place = Fresh();
        using var rootfs = new RootfsBuilder(place, new());
        try
        {
            foreach (var layer in layers)
                await rootfs.ApplyAsync(new MemoryStream(layer.ToArray()), "test", CancellationToken.None);
        }
        catch (ImageException e)
        {
            return [$"refused {e.Fault}"];
        }

        rootfs.Complete();
        return List(place);
    }

    private async Task<List<Stored>> StoreAsync(TarBytes[] layers)
    {
        var done = new List<Stored>();
        var budget = new UnpackBudget(new());
        foreach (var layer in layers)
        {
            DirectoryHandle[] below = [.. done.AsEnumerable().Reverse().TakeUntil(one => one.HidesAll).Select(one => DirectoryHandle.Open(one.Path))];
            var place = Fresh();
            using var rootfs = new RootfsBuilder(place, new(), budget, below);
            await rootfs.ApplyAsync(new MemoryStream(layer.ToArray()), "test", CancellationToken.None);
            rootfs.Complete();
            done.Add(new(place, rootfs.Layer!.HidesAll, rootfs.HasRoot, rootfs.Layer.NeedsBelow));
            foreach (var handle in below)
                handle.Dispose();
        }

        return done;
    }

    private IReadOnlyList<string> Apply(List<Stored> layers)
    {
        var place = Fresh();
        using var rootfs = new RootfsBuilder(place, new());
        var applier = new TreeApplier(rootfs);
        foreach (var layer in layers)
        {
            using var tree = DirectoryHandle.Open(layer.Path);
            applier.Apply(tree, layer.Describe());
        }

        rootfs.Complete();
        return List(place);
    }

    private IReadOnlyList<string> Mount(List<Stored> layers)
    {
        var target = Fresh();
        using var upper = DirectoryHandle.Open(Fresh());
        using var work = DirectoryHandle.Open(Fresh());
        DirectoryHandle[] trees = [.. layers.AsEnumerable().Reverse().TakeUntil(one => one.HidesAll).Select(one => DirectoryHandle.Open(one.Path))];
        using (var handle = DirectoryHandle.Open(target))
            OverlayMount.Mount(trees, upper, work, handle);
        foreach (var tree in trees)
            tree.Dispose();
        try
        {
            // The root's own mode is the upper directory's; that is the bundle's work.
            var root = layers.LastOrDefault(layer => layer.HasRoot);
            File.SetUnixFileMode(target, File.GetUnixFileMode(root?.Path ?? layers[^1].Path));
            return List(target);
        }
        finally
        {
            OverlayMount.Unmount(target);
        }
    }

    private string Fresh() => Directory.CreateDirectory(Path.Combine(_directory, Guid.NewGuid().ToString("N"))).FullName;

    // Kind, mode, target, content and path of everything.
    private static IReadOnlyList<string> List(string root)
    {
        using var handle = DirectoryHandle.Open(root);
        var lines = new List<string> { $"Directory {handle.FindStatus(".")!.Value.Mode:x} /" };
        Walk(handle, "");
        return [.. lines.Order(StringComparer.Ordinal)];

        void Walk(DirectoryHandle directory, string path)
        {
            foreach (var name in directory.Names())
            {
                var status = directory.FindStatus(name)!.Value;
                var here = $"{path}/{name}";
                var content = status.Kind switch
                {
                    FileKind.Regular => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(root + here)))[..8],
                    FileKind.SymbolicLink => directory.ReadSymbolicLink(name),
                    _ => "",
                };
                lines.Add($"{status.Kind} {status.Mode:x} {here} {content}");
                if (status.Kind != FileKind.Directory)
                    continue;
                using var inner = directory.OpenBeneath(name);
                Walk(inner, here);
            }
        }
    }

    private sealed record Stored(string Path, bool HidesAll, bool HasRoot, bool NeedsBelow)
    {
        public StoredLayer Describe()
        {
            var digest = Digest.Sha256([]);
            return new()
            {
                Name = "",
                DiffId = digest,
                Blob = digest,
                Encrypted = false,
                Tree = digest,
                Entries = 0,
                Bytes = 0,
                HidesAll = HidesAll,
                HasRoot = HasRoot,
                Notes = [],
            };
        }
    }
}

internal static class Sequences
{
    /// <summary>Up to and with the first for which it holds.</summary>
    public static IEnumerable<T> TakeUntil<T>(this IEnumerable<T> items, Func<T, bool> holds)
    {
        foreach (var item in items)
        {
            yield return item;
            if (holds(item))
                yield break;
        }
    }
}
