using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Cli.Demo;
using Nacre.EndToEndTests.Peers;
using Nacre.Images;
using Nacre.Images.Oci;
using Nacre.Images.Policy;
using Nacre.Images.References;
using Nacre.Images.Transports;

namespace Nacre.EndToEndTests.Images;

[Trait("Group", "Images")]
public sealed class ImagePullTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private readonly ImageScene _scene = new(fixture.Registry);

    [Fact]
    public async Task An_encrypted_signed_image_runs()
    {
        await _scene.PushEncryptedAsync();
        await _scene.SignAsync();
        var result = await _scene.PullAsync();

        Assert.All(result.Layers, layer => Assert.True(layer.Encrypted));
        Assert.True(result.Decision.Accepted);
        CheckRootfs();

        var output = await ToolRun.RunAsync("runc", ["--root", Path.Combine(_scene.Directory, "runc"), "run", "-b", _scene.Bundle, Path.GetFileName(_scene.Directory)]);
        Assert.Contains(BusyboxImage.Greeting, output, StringComparison.Ordinal);
        Assert.Contains("only-attested-machines-read-this", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_registry_holds_no_plaintext()
    {
        await _scene.PushEncryptedAsync();
        await using var image = _scene.OpenRegistry();
        var manifest = ImageManifest.Parse(await image.GetManifestAsync(null, CancellationToken.None), "test");
        foreach (var layer in manifest.Layers)
        {
            var bytes = await File.ReadAllBytesAsync(_scene.BlobPath(layer.Digest.ToString()));
            Assert.False(bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]));
            Assert.Equal("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", layer.MediaType);
        }
    }

    [Theory]
    [InlineData("oci")]
    [InlineData("dir")]
    [InlineData("docker")]
    public async Task Every_place_gives_the_same_image(string transport)
    {
        var place = transport == "docker" ? _scene.Docker : $"{transport}:{Path.Combine(_scene.Directory, "copy")}";
        await ImageScene.CopyAsync($"oci:{_scene.Layout}:plain", place);
        var result = await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, place);

        CheckRootfs();
        await using var source = ImageLocation.Parse($"oci:{_scene.Layout}:plain").OpenSource(ImageScene.Options);
        Assert.Equal((await source.GetManifestAsync(null, CancellationToken.None)).Digest, result.ManifestDigest);
    }

    [Fact]
    public async Task Pulls_by_digest()
    {
        await _scene.PushAsync();
        await _scene.SignAsync();
        await using var image = _scene.OpenRegistry();
        var digest = (await image.GetManifestAsync(null, CancellationToken.None)).Digest;

        var result = await _scene.PullAsync(from: $"docker://{image.Image.Name}@{digest}");
        Assert.Equal(digest, result.ManifestDigest);
    }

    [Fact]
    public async Task Takes_this_machines_image_from_an_index_and_a_signature_of_the_index()
    {
        await ImageScene.CopyAsync($"oci:{_scene.Layout}:plain", $"docker://{_scene.Name}-amd64");
        var own = new Nacre.Images.Pull.PullOptions().Platform;
        await using (var target = _scene.OpenRegistry())
        {
            await _scene.PushAsync();
            var manifest = await target.GetManifestAsync(null, CancellationToken.None);
            JsonObject Entry(string architecture) => new()
            {
                ["mediaType"] = MediaTypes.OciManifest,
                ["digest"] = manifest.Digest.ToString(),
                ["size"] = manifest.Bytes.Length,
                ["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = architecture },
            };
            var index = new JsonObject
            {
                ["schemaVersion"] = 2,
                ["mediaType"] = MediaTypes.OciIndex,
                ["manifests"] = new JsonArray(Entry("mips"), Entry(own.Architecture)),
            };
            await target.PutManifestAsync(new(Encoding.UTF8.GetBytes(index.ToJsonString()), MediaTypes.OciIndex), own: true, CancellationToken.None);
        }

        await _scene.SignAsync();
        var result = await _scene.PullAsync();
        Assert.NotNull(result.IndexDigest);
        CheckRootfs();
    }

    [Fact]
    public async Task One_of_many_signatures_is_enough()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await _scene.PushAsync();
        await _scene.SignAsync(other);
        await _scene.SignAsync();
        await _scene.SignAsync(other);

        Assert.True((await _scene.PullAsync()).Decision.Accepted);
    }

    [Fact]
    public async Task Goes_on_where_a_transfer_broke()
    {
        await _scene.PushAsync();
        await using var proxy = BreakingProxy.Start(fixture.Registry.Port, breakAfter: 400_000);
        var result = await _scene.PullAsync(ImagePolicy.InsecureAcceptAnything, $"docker://{_scene.Name.Replace($":{fixture.Registry.Port}/", $":{proxy.Port}/", StringComparison.Ordinal)}");

        Assert.True(proxy.Breaks > 0);
        Assert.Equal(2, result.Layers.Count);
        CheckRootfs();
    }

    [Fact]
    public async Task Says_when_the_registry_is_down_or_has_no_such_image()
    {
        var error = await _scene.RefusesAsync(ImageFault.NotFound);
        Assert.Contains(_scene.Name, error.Where, StringComparison.Ordinal);
        await _scene.RefusesAsync(ImageFault.Unreachable, from: "docker://127.0.0.1:1/nothing");
    }

    [Fact]
    public async Task Speaks_plain_HTTP_only_where_it_may()
    {
        await _scene.PushAsync();
        var puller = new Nacre.Images.Pull.ImagePuller(_scene, ImagePolicy.InsecureAcceptAnything, new());
        var error = await Assert.ThrowsAsync<ImageException>(() => puller.PullAsync(ImageLocation.Parse(_scene.Docker), _scene.Bundle, CancellationToken.None));
        Assert.Equal(ImageFault.Unreachable, error.Fault);
    }

    [Fact]
    public async Task Decrypts_to_the_very_same_blobs()
    {
        await _scene.PushEncryptedAsync();
        using var keys = new Nacre.Images.Encryption.KbsKeyUnwrapper(_scene);
        await ImageScene.CopyAsync(_scene.Docker, $"oci:{_scene.Layout}:again", new Nacre.Images.Encryption.DecryptTransform(new([keys])));

        Assert.Equal(await LayersAsync("plain"), await LayersAsync("again"));
    }

    public void Dispose() => _scene.Dispose();

    private async Task<IEnumerable<Digest>> LayersAsync(string tag)
    {
        await using var source = ImageLocation.Parse($"oci:{_scene.Layout}:{tag}").OpenSource(ImageScene.Options);
        return ImageManifest.Parse(await source.GetManifestAsync(null, CancellationToken.None), "test").Layers.Select(layer => layer.Digest);
    }

    private void CheckRootfs()
    {
        var rootfs = Path.Combine(_scene.Bundle, "rootfs");
        Assert.False(File.Exists(Path.Combine(rootfs, "etc/build-notes")));
        Assert.False(File.Exists(Path.Combine(rootfs, "etc/.wh.build-notes")));
        Assert.Equal(File.ReadAllBytes("/bin/busybox"), File.ReadAllBytes(Path.Combine(rootfs, "bin/busybox")));
        Assert.Equal(File.ReadAllText(Path.Combine(rootfs, "app/run.sh")), File.ReadAllText(Path.Combine(rootfs, "app/start.sh")));
        Assert.Equal("busybox", new FileInfo(Path.Combine(rootfs, "bin/sh")).LinkTarget);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(_scene.Bundle, "config.json")))!;
        Assert.Equal("/bin/busybox", (string?)config["process"]!["args"]![0]);
    }
}
