using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;

namespace Nacre.EndToEndTests.Images;

/// <summary>
/// <c>nacre image layers</c> with what reads its images: the kernel's EROFS, erofs-utils and veritysetup. The tree of a real image is the
/// one that GNU tar unpacks.
/// </summary>
[Trait("Group", "ImagesVerity")]
public sealed class VerityLayerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-layers-").FullName;

    private string Layers => Path.Combine(_folder, "layers");

    [Fact]
    public async Task A_layer_of_real_files_is_the_same_tree_in_the_kernel()
    {
        var source = Path.Combine(_folder, "source");
        Directory.CreateDirectory(source);
        await ShellAsync($"""
            cd '{source}' && cp -a /etc . && mkdir -m 1777 tmp && ln etc/passwd hard && ln -s etc/passwd soft && mkfifo -m 640 pipe
            mknod null c 1 3 && mknod sda b 8 0 && chmod 4755 tmp/../etc/hostname && chown 70000:80000 etc/hostname
            head -c 3000000 /dev/urandom > large && mkdir many && touch -d @12345.678 many && cd many && seq -f 'name-%.0f' 3000 | xargs touch
            setfattr -n user.test -v value ../large 2>/dev/null || true
            """);
        var (path, layer) = await MakeAsync(source);
        await ShellAsync($"cd '{_folder}' && mkdir unpacked && tar -xpf layer.tar -C unpacked --numeric-owner");

        await ToolRun.RunAsync("fsck.erofs", [path]);
        Assert.Contains("0", await ToolRun.RunAsync("dump.erofs", ["-s", path]), StringComparison.Ordinal);
        await ToolRun.RunAsync("/usr/sbin/veritysetup", [
            "verify", path, path, layer["rootHash"]!.GetValue<string>(), "--no-superblock", "--hash-offset", layer["hashOffset"]!.ToString(),
            "--data-blocks", (layer["hashOffset"]!.GetValue<long>() / 4096).ToString(System.Globalization.CultureInfo.InvariantCulture),
            "--salt", layer["salt"]!.GetValue<string>()]);
        await NacreAsync("verity", "verify", path, layer["rootHash"]!.GetValue<string>(), "--no-superblock",
            "--hash-offset", layer["hashOffset"]!.ToString(), "--salt", layer["salt"]!.GetValue<string>());

        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.ReadAllText("/proc/filesystems").Contains("erofs", StringComparison.Ordinal), "needs root and EROFS in the kernel");
        var mounted = Path.Combine(_folder, "mounted");
        Directory.CreateDirectory(mounted);
        await ToolRun.RunAsync("mount", ["-t", "erofs", "-o", "ro,loop", path, mounted]);
        try
        {
            Assert.Equal(await PackedAsync(Path.Combine(_folder, "unpacked")), await PackedAsync(mounted));
        }
        finally
        {
            await ToolRun.RunAsync("umount", [mounted]);
        }
    }

    [Fact]
    public async Task Two_layers_in_an_overlay_are_what_a_pull_unpacks()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.ReadAllText("/proc/filesystems").Contains("erofs", StringComparison.Ordinal), "needs root and EROFS in the kernel");
        var (lower, upper) = (Path.Combine(_folder, "lower"), Path.Combine(_folder, "upper"));
        await ShellAsync($"""
            mkdir -p '{lower}/a/b' '{lower}/c' '{lower}/d' '{upper}/a' '{upper}/c' && cd '{lower}' && echo 1 > a/b/f && echo 2 > a/g && echo 3 > c/h && echo 4 > d/i
            cd '{upper}' && echo 5 > a/new && touch a/.wh.g && touch c/.wh..wh..opq && echo 6 > c/j && touch .wh.d
            """);
        var layout = Path.Combine(_folder, "layout");
        await OciImage.WriteAsync(layout, "1", [await TarAsync(lower, "1.tar"), await TarAsync(upper, "2.tar")]);
        var layers = await LayersAsync(layout);

        var bundle = Path.Combine(_folder, "bundle");
        await NacreAsync("image", "pull", $"oci:{layout}:1", bundle, "--insecure-accept-anything");
        await ShellAsync($"""
            cd '{_folder}' && mkdir m1 m2 both && mount -t erofs -o ro,loop '{PathOf(layers[0]!)}' m1 && mount -t erofs -o ro,loop '{PathOf(layers[1]!)}' m2
            mount -t overlay overlay -o ro,lowerdir=m2:m1 both
            """);
        try
        {
            Assert.Equal(await PackedAsync(Path.Combine(bundle, "rootfs")), await PackedAsync(Path.Combine(_folder, "both")));
        }
        finally
        {
            await ShellAsync($"cd '{_folder}' && umount both m1 m2");
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(string Path, JsonNode Layer)> MakeAsync(string source)
    {
        var layout = Path.Combine(_folder, "layout");
        await OciImage.WriteAsync(layout, "1", [await TarAsync(source, "layer.tar")]);
        var layer = (await LayersAsync(layout))[0]!;
        return (PathOf(layer), layer);
    }

    private async Task<JsonArray> LayersAsync(string layout)
    {
        var made = JsonNode.Parse(await NacreAsync("image", "layers", $"oci:{layout}:1", Layers, "--insecure-accept-anything", "-o", "json"))!;
        var digest = made["manifestDigest"]!.GetValue<string>()["sha256:".Length..];
        var index = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Layers, $"{digest}.json")))!["layers"]!.AsArray();
        var layers = made["layers"]!.AsArray();
        for (var i = 0; i < layers.Count; i++)
        {
            var file = JsonNode.Parse(await File.ReadAllTextAsync(PathOf(layers[i]!) + ".dmverity"))!;
            foreach (var (inIndex, member) in ((string, string)[])[("roothash", "rootHash"), ("hashoffset", "hashOffset"), ("salt", "salt")])
            {
                Assert.Equal(layers[i]![member]!.ToString(), index[i]![inIndex]!.ToString());
                Assert.Equal(layers[i]![member]!.ToString(), file[inIndex]!.ToString());
            }
        }

        return layers;
    }

    private string PathOf(JsonNode layer) => Path.Combine(Layers, "sha256", layer["diffId"]!.GetValue<string>()["sha256:".Length..], "layer.erofs");

    private async Task<string> TarAsync(string source, string name)
    {
        var path = Path.Combine(_folder, name);
        await ToolRun.RunAsync("tar", ["-cf", path, "--format=pax", "--xattrs", "--numeric-owner", "-C", source, "."]);
        return path;
    }

    /// <summary>Digest of all names, kinds, modes, owners, times, links and contents, in one order.</summary>
    private static Task<string> PackedAsync(string directory) => ShellAsync(
        $"cd '{directory}' && tar -cf - --format=pax --pax-option=delete=atime,delete=ctime --sort=name --xattrs --numeric-owner . | sha256sum");

    private static Task<string> ShellAsync(string script) => ToolRun.RunAsync("bash", ["-euc", script]);

    private static async Task<string> NacreAsync(params string[] arguments)
    {
        var result = await NacreProgram.RunAsync(arguments);
        result.AssertDone();
        return result.Output;
    }
}
