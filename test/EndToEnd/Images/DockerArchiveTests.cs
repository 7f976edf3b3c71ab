using System.Security.Cryptography;
using Nacre.EndToEndTests.Peers;
using Nacre.Images;
using Nacre.Images.Encryption;
using Nacre.Images.Policy;

namespace Nacre.EndToEndTests.Images;

/// <summary>Files of docker save, and images that are encrypted twice.</summary>
[Trait("Group", "ImagesPeers")]
public sealed class DockerArchiveTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private readonly ImageScene _scene = new(fixture.Registry);

    private string Archive => Path.Combine(_scene.Directory, "image.tar");

    [Fact]
    public async Task We_read_what_skopeo_writes()
    {
        await ToolRun.RunAsync("skopeo", ["copy", "-q", $"oci:{_scene.Layout}:plain", $"docker-archive:{Archive}:example.com/app:1"]);
        await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, $"docker-archive:{Archive}");
        Assert.True(File.Exists(Path.Combine(_scene.Bundle, "rootfs/bin/busybox")));
        Directory.Delete(_scene.Bundle, recursive: true);
        await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, $"docker-archive:{Archive}:example.com/app:1");
    }

    [Fact]
    public async Task Skopeo_reads_what_we_write()
    {
        await ImageScene.CopyAsync($"oci:{_scene.Layout}:plain", $"docker-archive:{Archive}:example.com/app:1");
        var again = Path.Combine(_scene.Directory, "again");
        await ToolRun.RunAsync("skopeo", ["copy", "-q", $"docker-archive:{Archive}:example.com/app:1", $"oci:{again}:1"]);
        await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, $"oci:{again}:1");
        Assert.Equal(["again", "bundle", "image.tar", "layout"], Directory.EnumerateFileSystemEntries(_scene.Directory).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_name_that_is_not_in_the_file_or_no_archive_is_refused()
    {
        await ImageScene.CopyAsync($"oci:{_scene.Layout}:plain", $"docker-archive:{Archive}:example.com/app:1");
        await _scene.RefusesAsync(ImageFault.NotFound, ImagePolicy.InsecureAcceptAnything, $"docker-archive:{Archive}:example.com/other:1");
        await File.WriteAllTextAsync(Archive, new string('x', 5000));
        await _scene.RefusesAsync(ImageFault.Malformed, ImagePolicy.InsecureAcceptAnything, $"docker-archive:{Archive}");
        await _scene.RefusesAsync(ImageFault.NotFound, ImagePolicy.InsecureAcceptAnything, $"docker-archive:{Archive}x");
    }

    [Fact]
    public async Task A_second_encryption_adds_recipients_and_changes_no_byte()
    {
        using var first = RSA.Create(2048);
        using var second = RSA.Create(2048);
        await ImageScene.CopyAsync($"oci:{_scene.Layout}:plain", $"oci:{_scene.Layout}:one", new EncryptTransform([new JweRecipient(first)]));
        var add = new EncryptTransform([new JweRecipient(second)], existing: new([new JweUnwrapper(first)]));
        await ImageScene.CopyAsync($"oci:{_scene.Layout}:one", $"oci:{_scene.Layout}:two", add);

        foreach (var key in (RSA[])[first, second])
        {
            var result = await _scene.PullAsync(
                ImagePolicy.InsecureAcceptAnything, $"oci:{_scene.Layout}:two", new() { Unwrappers = [new JweUnwrapper(key)] });
            Assert.All(result.Layers, layer => Assert.True(layer.Encrypted));
            Directory.Delete(_scene.Bundle, recursive: true);
        }

        var without = new EncryptTransform([new JweRecipient(second)]);
        var error = await Assert.ThrowsAsync<ImageException>(() => ImageScene.CopyAsync($"oci:{_scene.Layout}:one", $"oci:{_scene.Layout}:three", without));
        Assert.Equal(ImageFault.Unsupported, error.Fault);
    }

    [Fact]
    public async Task Only_the_chosen_layers_are_encrypted()
    {
        using var key = RSA.Create(2048);
        await ImageScene.CopyAsync($"oci:{_scene.Layout}:plain", $"oci:{_scene.Layout}:last", new EncryptTransform([new JweRecipient(key)], [-1]));
        var result = await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, $"oci:{_scene.Layout}:last", new() { Unwrappers = [new JweUnwrapper(key)] });
        Assert.Equal([false, true], result.Layers.Select(layer => layer.Encrypted));
    }

    [Fact]
    public async Task Umoci_and_we_go_through_a_link_of_a_lower_layer_alike()
    {
        // The upper layer as docker builds it: a file in /bin, where /bin is a link to usr/bin of the lower one.
        var tree = Path.Combine(_scene.Directory, "tree");
        await ToolRun.RunAsync("umoci", ["init", "--layout", tree]);
        await ToolRun.RunAsync("umoci", ["new", "--image", $"{tree}:1"]);
        foreach (var (name, script) in new[]
        {
            ("lower", "mkdir -p usr/bin && echo old >usr/bin/old && ln -s usr/bin bin && tar -cf ../lower.tar usr bin"),
            ("upper", "mkdir bin && echo new >bin/new && touch bin/.wh.old && tar -cf ../upper.tar bin/new bin/.wh.old"),
        })
        {
            var folder = Directory.CreateDirectory(Path.Combine(_scene.Directory, name)).FullName;
            await ToolRun.RunAsync("sh", ["-c", $"cd '{folder}' && {script}"]);
            await ToolRun.RunAsync("umoci", ["raw", "add-layer", "--image", $"{tree}:1", folder + ".tar"]);
        }

        var theirs = Path.Combine(_scene.Directory, "theirs");
        await ToolRun.RunAsync("umoci", ["unpack", "--image", $"{tree}:1", theirs]);
        await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, $"oci:{tree}:1");
        var own = await ListAsync(Path.Combine(_scene.Bundle, "rootfs"));
        Assert.Contains("f usr/bin/new", own, StringComparison.Ordinal);
        Assert.DoesNotContain("old", own, StringComparison.Ordinal);
        Assert.Equal(await ListAsync(Path.Combine(theirs, "rootfs")), own);
    }

    public void Dispose() => _scene.Dispose();

    private static async Task<string> ListAsync(string root)
    {
        var listing = await ToolRun.RunAsync("find", [root, "-mindepth", "1", "-printf", "%y %P %l\n"]);
        return string.Join('\n', listing.Split('\n').Order(StringComparer.Ordinal));
    }
}
