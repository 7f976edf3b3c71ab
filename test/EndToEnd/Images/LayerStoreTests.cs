using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Cli.Demo;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Images;
using Nacre.Images.Bundle;
using Nacre.Images.Policy;
using Nacre.Images.Pull;
using Nacre.Images.Store;

namespace Nacre.EndToEndTests.Images;

[Trait("Group", "ImagesStore")]
public sealed class LayerStoreTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private static readonly ImagePolicy s_any = ImagePolicy.InsecureAcceptAnything;
    private readonly ImageScene _scene = new(fixture.Registry);

    private string Store => Path.Combine(_scene.Directory, "store");

    private PullOptions Stored => new() { Registry = ImageScene.Options, Store = Store };

    private PullOptions Overlay => Stored with { BundleKind = BundleKind.Overlay };

    [Fact]
    public async Task A_second_pull_fetches_no_layer_and_gives_the_same_bundle()
    {
        await using var registry = new LayoutRegistry(_scene.Layout, "plain");
        await _scene.PullAsync(s_any, registry.Name);
        var direct = await TreeAsync(_scene.Bundle);

        await PullToAsync("first", registry.Name, Stored);
        Assert.Equal(direct, await TreeAsync(At("first")));
        registry.Forget();
        await PullToAsync("second", registry.Name, Stored);
        Assert.Equal(direct, await TreeAsync(At("second")));
        // The configuration only.
        Assert.Single(registry.Blobs);
    }

    [Fact]
    public async Task A_bundle_shares_no_file_with_the_store()
    {
        await _scene.PushAsync();
        await PullToAsync("first", _scene.Docker, Stored);
        await File.WriteAllTextAsync(Path.Combine(At("first"), "rootfs/app/run.sh"), "changed");
        await PullToAsync("second", _scene.Docker, Stored);
        Assert.NotEqual("changed", await File.ReadAllTextAsync(Path.Combine(At("second"), "rootfs/app/run.sh")));
    }

    [Fact]
    public async Task An_encrypted_layer_is_there_only_for_who_has_its_key()
    {
        await _scene.PushEncryptedAsync();
        await PullToAsync("first", _scene.Docker, Stored);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(Store, "layers")).Length);
        await PullToAsync("second", _scene.Docker, Stored);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(Store, "layers")).Length);

        _scene.Forget(ImageScene.KeyId);
        var error = await RefusesAsync("third", ImageFault.KeyUnavailable);
        Assert.Contains("image-kek/test", error.Message, StringComparison.Ordinal);

        _scene.Put(ImageScene.KeyId, RandomNumberGenerator.GetBytes(32));
        await RefusesAsync("third", ImageFault.KeyUnavailable);
    }

    [Fact]
    public async Task Nobody_gets_a_secret_layer_by_naming_its_diff_id()
    {
        await _scene.PushEncryptedAsync();
        await PullToAsync("first", _scene.Docker, Stored);

        // The same configuration, whose digests everybody can read, over plain layers that hold something else.
        var config = (await ManifestAsync("plain"))["config"]!.DeepClone();
        BusyboxImage.Write(_scene.Layout, "forged", "echo forged");
        var forged = await ManifestAsync("forged");
        forged["config"] = config;
        await using (var target = new Nacre.Images.Layout.OciLayout(_scene.Layout, "forged"))
            await target.PutManifestAsync(new(System.Text.Encoding.UTF8.GetBytes(forged.ToJsonString()), "application/vnd.oci.image.manifest.v1+json"), own: true, default);

        await RefusesAsync("third", ImageFault.DiffIdMismatch, $"oci:{_scene.Layout}:forged");
    }

    [Fact]
    public async Task A_plain_pull_does_not_take_the_layer_that_came_encrypted()
    {
        await _scene.PushEncryptedAsync();
        await PullToAsync("first", _scene.Docker, Stored);
        await using var registry = new LayoutRegistry(_scene.Layout, "plain");
        await PullToAsync("second", registry.Name, Stored);
        Assert.Equal(3, registry.Blobs.Count());
    }

    [Theory]
    [InlineData("shorter")]
    [InlineData("missing")]
    [InlineData("entry")]
    public async Task A_damaged_layer_is_not_believed(string damage)
    {
        await _scene.PushAsync();
        await PullToAsync("first", _scene.Docker, Stored);
        foreach (var layer in Directory.GetDirectories(Path.Combine(Store, "layers")))
        {
            var file = Directory.EnumerateFiles(Path.Combine(layer, "tree"), "*", SearchOption.AllDirectories)
                .First(path => new FileInfo(path) is { LinkTarget: null, Length: > 1 });
            switch (damage)
            {
                case "shorter":
                    using (var open = File.OpenWrite(file))
                        open.SetLength(1);
                    break;
                case "missing": File.Delete(file); break;
                default: await File.WriteAllTextAsync(Path.Combine(layer, "entry.json"), "{"); break;
            }
        }

        await PullToAsync("second", _scene.Docker, Stored);
        Assert.Equal(await TreeAsync(At("first")), await TreeAsync(At("second")));
    }

    [Fact]
    public async Task An_overlay_bundle_runs_and_its_layers_stay_as_they_are()
    {
        await _scene.PushEncryptedAsync();
        await PullToAsync("plain", _scene.Docker, Stored);
        await PullToAsync("one", _scene.Docker, Overlay);
        await PullToAsync("two", _scene.Docker, Overlay);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(At("one"), "rootfs")));

        await MountAsync("one");
        try
        {
            await MountAsync("two");
            Assert.Equal(await TreeAsync(At("plain")), await TreeAsync(At("one")));
            var output = await ToolRun.RunAsync(
                "runc", ["--root", Path.Combine(_scene.Directory, "runc"), "run", "-b", At("one"), Path.GetFileName(_scene.Directory)]);
            Assert.Contains(BusyboxImage.Greeting, output, StringComparison.Ordinal);

            await File.WriteAllTextAsync(Path.Combine(At("one"), "rootfs/app/run.sh"), "changed");
            Assert.NotEqual("changed", await File.ReadAllTextAsync(Path.Combine(At("two"), "rootfs/app/run.sh")));
            var again = await Assert.ThrowsAsync<ImageException>(() => OverlayBundle.MountAsync(At("one"), TimeProvider.System, CancellationToken.None));
            Assert.Contains("mounted already", again.What, StringComparison.Ordinal);
        }
        finally
        {
            OverlayBundle.Unmount(At("one"));
            OverlayBundle.Unmount(At("two"));
        }

        // What was written is there again.
        await MountAsync("one");
        Assert.Equal("changed", await File.ReadAllTextAsync(Path.Combine(At("one"), "rootfs/app/run.sh")));
        OverlayBundle.Unmount(At("one"));
    }

    [Fact]
    public async Task Garbage_is_what_no_bundle_uses()
    {
        await _scene.PushAsync();
        await PullToAsync("one", _scene.Docker, Overlay);
        await PullToAsync("copy", _scene.Docker, Stored);
        await File.WriteAllTextAsync(Path.Combine(Store, "staging", "left"), "half a layer");

        var kept = await CollectAsync();
        Assert.Equal(2, kept["items"]!.AsArray().Count(item => (string?)item!["kind"] == "layer" && !(bool)item["removed"]!));
        Assert.Contains(kept["items"]!.AsArray(), item => (string?)item!["kind"] == "leftover" && (bool)item["removed"]!);
        await MountAsync("one");
        OverlayBundle.Unmount(At("one"));

        Directory.Delete(At("one"), recursive: true);
        Assert.Equal(0, (long)(await CollectAsync("--keep-for", "1h"))["freedBytes"]!);
        var removed = await CollectAsync();
        Assert.True((long)removed["freedBytes"]! > new FileInfo("/bin/busybox").Length);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Store, "layers")));
        // The directory bundle never needed the store.
        Assert.True(File.Exists(Path.Combine(At("copy"), "rootfs/bin/busybox")));
    }

    [Fact]
    public async Task Nobody_collects_while_a_pull_goes_on()
    {
        using var held = await LayerStore.OpenAsync(Store, alone: false, TimeSpan.Zero, TimeProvider.System, CancellationToken.None);
        var busy = await Assert.ThrowsAsync<ImageException>(async () =>
            (await LayerStore.OpenAsync(Store, alone: true, TimeSpan.Zero, TimeProvider.System, CancellationToken.None)).Dispose());
        Assert.Contains("pulls are using the store", busy.What, StringComparison.Ordinal);
        using var other = await LayerStore.OpenAsync(Store, alone: false, TimeSpan.Zero, TimeProvider.System, CancellationToken.None);
    }

    [Fact]
    public async Task Two_processes_pull_into_one_store_at_once()
    {
        await _scene.PushAsync();
        var results = await Task.WhenAll(NacreProgram.RunAsync(Pull("one", _scene.Docker)), NacreProgram.RunAsync(Pull("two", _scene.Docker)));
        Assert.All(results, result => result.AssertDone());
        Assert.Equal(await TreeAsync(At("one")), await TreeAsync(At("two")));
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(Store, "layers")).Length);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Store, "staging")));
    }

    [Fact]
    public async Task A_killed_pull_goes_on_where_it_was()
    {
        var noise = Convert.ToBase64String(RandomNumberGenerator.GetBytes(9 << 20));
        BusyboxImage.Write(_scene.Layout, "large", $"# {noise}\n");
        await using var registry = new LayoutRegistry(_scene.Layout, "large") { StallAfter = 4 << 20 };
        using (var process = NacreProgram.Start(Pull("one", registry.Name)))
        {
            await registry.Stalled.WaitAsync(TimeSpan.FromSeconds(60));
            // It has what was sent once it is in the file.
            var part = await PartAsync(3 << 20);
            process.Kill();
            await process.WaitForExitAsync();
            Assert.InRange(new FileInfo(part).Length, 3 << 20, 4 << 20);
        }

        Assert.False(Directory.Exists(At("one")));
        var kept = Directory.GetFiles(Path.Combine(Store, "parts")).Max(path => new FileInfo(path).Length);
        registry.StallAfter = long.MaxValue;
        registry.Forget();
        (await NacreProgram.RunAsync(Pull("two", registry.Name))).AssertDone();

        Assert.Contains(kept, registry.Ranges);
        var large = Directory.GetFiles(Path.Combine(_scene.Layout, "blobs/sha256")).Max(path => new FileInfo(path).Length);
        Assert.InRange(registry.Served, large - kept, large - kept + (3 << 20));
        Assert.Contains(noise[..100], await File.ReadAllTextAsync(Path.Combine(At("two"), "rootfs/app/run.sh")), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Store, "parts")));
    }

    [Fact]
    public async Task A_kept_part_that_was_changed_is_fetched_again()
    {
        BusyboxImage.Write(_scene.Layout, "large", $"# {Convert.ToBase64String(RandomNumberGenerator.GetBytes(6 << 20))}\n");
        var blob = Directory.GetFiles(Path.Combine(_scene.Layout, "blobs/sha256")).MaxBy(path => new FileInfo(path).Length)!;
        await using var registry = new LayoutRegistry(_scene.Layout, "large");
        using (await LayerStore.OpenAsync(Store, alone: false, TimeSpan.Zero, TimeProvider.System, CancellationToken.None))
        {
            var part = (await File.ReadAllBytesAsync(blob))[..(2 << 20)];
            part[1 << 20] ^= 1;
            await File.WriteAllBytesAsync(Path.Combine(Store, "parts", $"sha256-{Path.GetFileName(blob)}"), part);
        }

        await PullToAsync("one", registry.Name, Stored);
        Assert.Equal([2 << 20], registry.Ranges);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Store, "parts")));
    }

    [Fact]
    public async Task Refuses_a_directory_that_is_no_store_or_that_others_may_change()
    {
        await _scene.PushAsync();
        Directory.CreateDirectory(Store);
        await File.WriteAllTextAsync(Path.Combine(Store, "letters"), "");
        Assert.Contains("no store", (await RefusesAsync("one", ImageFault.Local)).What, StringComparison.Ordinal);
        File.Delete(Path.Combine(Store, "letters"));
        File.SetUnixFileMode(Store, (UnixFileMode)0x1ff);
        Assert.Contains("others may write", (await RefusesAsync("one", ImageFault.Local)).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_overlay_bundle_wants_a_store()
    {
        var result = await NacreProgram.RunAsync(["image", "pull", $"oci:{_scene.Layout}:plain", At("one"), "--insecure-accept-anything", "--bundle-kind", "overlay"]);
        result.AssertFailed(1, "needs a store");
        (await NacreProgram.RunAsync(["image", "mount", _scene.Directory])).AssertFailed(2, "no overlay bundle");
    }

    public void Dispose() => _scene.Dispose();

    private async Task<JsonNode> ManifestAsync(string tag)
    {
        await using var layout = new Nacre.Images.Layout.OciLayout(_scene.Layout, tag);
        return JsonNode.Parse((await layout.GetManifestAsync(null, CancellationToken.None)).Bytes.Span)!;
    }

    private string At(string name) => Path.Combine(_scene.Directory, name);

    private Task<PullResult> PullToAsync(string name, string from, PullOptions options) =>
        new ImagePuller(_scene, s_any, options).PullAsync(Nacre.Images.Transports.ImageLocation.Parse(from), At(name), CancellationToken.None);

    private async Task<ImageException> RefusesAsync(string name, ImageFault fault, string? from = null)
    {
        var error = await Assert.ThrowsAsync<ImageException>(() => PullToAsync(name, from ?? _scene.Docker, Stored));
        Assert.True(fault == error.Fault, $"expected {fault}, was {error.Fault}: {error.Message}");
        Assert.False(Directory.Exists(At(name)));
        return error;
    }

    private string[] Pull(string name, string from) =>
        ["image", "pull", from, At(name), "--insecure-accept-anything", "--plain-http", "loopback", "--store", Store];

    private async Task MountAsync(string name) => (await NacreProgram.RunAsync(["image", "mount", At(name)])).AssertDone();

    private async Task<JsonNode> CollectAsync(params string[] more)
    {
        var result = await NacreProgram.RunAsync(["image", "gc", "--store", Store, "--json", .. more]);
        result.AssertDone();
        return JsonNode.Parse(result.Output)!;
    }

    private async Task<string> PartAsync(long size)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (Directory.GetFiles(Path.Combine(Store, "parts")).FirstOrDefault(path => new FileInfo(path).Length >= size) is { } part)
                return part;
            await Task.Delay(20, limit.Token);
        }
    }

    // Type, mode, owner, links, size, time, target and name of everything; times of directories that no layer states are those of the pull.
    private static async Task<string> TreeAsync(string bundle)
    {
        var root = Path.Combine(bundle, "rootfs");
        var files = await ToolRun.RunAsync("find", [root, "-mindepth", "1", "-not", "-type", "d", "-printf", "%y %m %U:%G %n %s %T@ %l %P\n"]);
        var directories = await ToolRun.RunAsync("find", [root, "-mindepth", "1", "-type", "d", "-printf", "%y %m %U:%G %P\n"]);
        return string.Join('\n', (files + directories).Split('\n').Order(StringComparer.Ordinal));
    }
}
