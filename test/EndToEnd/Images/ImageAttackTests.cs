using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Peers;
using Nacre.Images;
using Nacre.Images.Oci;
using Nacre.Images.Policy;
using Nacre.Images.References;
using Nacre.Images.Transports;
using Nacre.Images.Unpack;

namespace Nacre.EndToEndTests.Images;

/// <summary>What somebody who owns the registry may try. Each fails for its own reason and leaves nothing behind.</summary>
[Trait("Group", "Images")]
public sealed class ImageAttackTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private readonly ImageScene _scene = new(fixture.Registry);

    [Fact]
    public async Task A_flipped_byte_of_a_layer_in_the_registrys_storage()
    {
        await _scene.PushEncryptedAsync();
        await _scene.SignAsync();
        var layer = (await ManifestAsync()).Layers[0];
        await ChangeAsync(_scene.BlobPath(layer.Digest.ToString()), bytes => bytes[bytes.Length / 2] ^= 1);

        var error = await _scene.RefusesAsync(ImageFault.DigestMismatch);
        Assert.Contains(layer.Digest.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_byte_with_a_manifest_made_to_fit()
    {
        await _scene.PushEncryptedAsync();
        await ReplaceLayerAsync(0, bytes => bytes[100] ^= 1);

        // Without a signature only the MAC stands in the way.
        await _scene.RefusesAsync(ImageFault.MacMismatch, ImagePolicy.InsecureAcceptAnything);
    }

    [Fact]
    public async Task A_changed_manifest_under_a_good_signature()
    {
        await _scene.PushEncryptedAsync();
        await _scene.SignAsync();
        await ReplaceLayerAsync(0, bytes => bytes[100] ^= 1);

        await _scene.RefusesAsync(ImageFault.SignatureMissing);
    }

    [Fact]
    public async Task A_signature_of_another_image_moved_here()
    {
        await _scene.PushAsync();
        await _scene.SignAsync();
        await using var image = _scene.OpenRegistry();
        var old = (await ManifestAsync()).Digest;
        await RewriteAsync(json => json["annotations"] = new JsonObject { ["a"] = "b" });
        var now = (await ManifestAsync()).Digest;
        await ImageScene.CopyAsync(
            $"docker://{image.Image.Name}:{Nacre.Images.Signatures.CosignSignatures.TagFor(old)}",
            $"docker://{image.Image.Name}:{Nacre.Images.Signatures.CosignSignatures.TagFor(now)}");

        var error = await _scene.RefusesAsync(ImageFault.SignatureInvalid);
        Assert.Contains(old.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_without_a_signature()
    {
        await _scene.PushEncryptedAsync();
        await _scene.RefusesAsync(ImageFault.SignatureMissing);
    }

    [Fact]
    public async Task A_signature_by_another_key()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await _scene.PushEncryptedAsync();
        await _scene.SignAsync(other);
        await _scene.RefusesAsync(ImageFault.SignatureInvalid);
    }

    [Fact]
    public async Task A_signature_for_another_name()
    {
        await _scene.PushAsync();
        await _scene.SignAsync();
        var repository = _scene.Name[.._scene.Name.LastIndexOf(':')];
        await ImageScene.CopyAsync(_scene.Docker, $"docker://{repository}:newer");

        var error = await _scene.RefusesAsync(ImageFault.SignatureInvalid, from: $"docker://{repository}:newer");
        Assert.Contains(_scene.Name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_rejects()
    {
        await _scene.PushAsync();
        await _scene.RefusesAsync(ImageFault.PolicyRejected, ImagePolicy.Parse("""{"default":[{"type":"reject"}]}"""u8, "test"));
    }

    [Fact]
    public async Task Swapped_layers()
    {
        await _scene.PushEncryptedAsync();
        await RewriteAsync(json =>
        {
            var layers = json["layers"]!.AsArray();
            var first = layers[0];
            layers.RemoveAt(0);
            layers.Add(first);
        });
        await _scene.RefusesAsync(ImageFault.DiffIdMismatch, ImagePolicy.InsecureAcceptAnything);
    }

    [Fact]
    public async Task A_key_that_is_not_released()
    {
        await _scene.PushEncryptedAsync();
        await _scene.SignAsync();
        _scene.Forget(ImageScene.KeyId);
        var error = await _scene.RefusesAsync(ImageFault.KeyUnavailable);
        Assert.IsType<UnauthorizedAccessException>(error.InnerException);
    }

    [Fact]
    public async Task A_key_that_is_another()
    {
        await _scene.PushEncryptedAsync();
        _scene.Put(ImageScene.KeyId, RandomNumberGenerator.GetBytes(32));
        await _scene.RefusesAsync(ImageFault.KeyUnavailable, ImagePolicy.InsecureAcceptAnything);
        _scene.Put(ImageScene.KeyId, RandomNumberGenerator.GetBytes(16));
        await _scene.RefusesAsync(ImageFault.KeyUnavailable, ImagePolicy.InsecureAcceptAnything);
    }

    [Fact]
    public async Task A_key_packet_of_another_layer()
    {
        await _scene.PushEncryptedAsync();
        await RewriteAsync(json =>
        {
            var (one, two) = (json["layers"]![0]!["annotations"]!.AsObject(), json["layers"]![1]!["annotations"]!.AsObject());
            foreach (var name in one.Select(pair => pair.Key).ToList())
                (one[name], two[name]) = (two[name]!.DeepClone(), one[name]!.DeepClone());
        });
        await _scene.RefusesAsync(ImageFault.MacMismatch, ImagePolicy.InsecureAcceptAnything);
    }

    [Fact]
    public async Task A_truncated_blob()
    {
        await _scene.PushEncryptedAsync();
        var layer = (await ManifestAsync()).Layers[0];
        var path = _scene.BlobPath(layer.Digest.ToString());
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[..1000]);

        // The registry declares the shorter length, so to the client it is a transfer that never gets whole.
        var error = await Assert.ThrowsAsync<ImageException>(() => _scene.PullAsync(ImagePolicy.InsecureAcceptAnything));
        Assert.True(error.Fault is ImageFault.Unreachable or ImageFault.DigestMismatch, error.Message);
        Assert.False(Directory.Exists(_scene.Bundle));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public async Task A_size_that_is_not_the_size(int by)
    {
        await _scene.PushAsync();
        await RewriteLocalAsync(json => json["layers"]![0]!["size"] = json["layers"]![0]!["size"]!.GetValue<long>() + by);
        await _scene.RefusesAsync(ImageFault.DigestMismatch, ImagePolicy.InsecureAcceptAnything, $"oci:{_scene.Layout}:changed");
    }

    [Fact]
    public async Task A_configuration_with_other_diff_ids()
    {
        await RewriteLocalAsync(json =>
        {
            var config = JsonNode.Parse(File.ReadAllBytes(LocalBlob((string)json["config"]!["digest"]!)))!;
            config["rootfs"]!["diff_ids"]![1] = config["rootfs"]!["diff_ids"]![0]!.DeepClone();
            Put(json["config"]!, Encoding.UTF8.GetBytes(config.ToJsonString()));
        });
        await _scene.RefusesAsync(ImageFault.DiffIdMismatch, ImagePolicy.InsecureAcceptAnything, $"oci:{_scene.Layout}:changed");
    }

    [Fact]
    public async Task Fewer_diff_ids_than_layers()
    {
        await RewriteLocalAsync(json => json["layers"]!.AsArray().RemoveAt(1));
        await _scene.RefusesAsync(ImageFault.Malformed, ImagePolicy.InsecureAcceptAnything, $"oci:{_scene.Layout}:changed");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task A_bomb(string compression)
    {
        var tar = new byte[64 << 20];
        byte[] bomb;
        if (compression == "gzip")
        {
            using var packed = new MemoryStream();
            await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
                await gzip.WriteAsync(tar);
            bomb = packed.ToArray();
        }
        else
        {
            var file = Path.Combine(_scene.Layout, "zeros");
            await File.WriteAllBytesAsync(file, tar);
            await ToolRun.RunAsync("zstd", ["-q", "--rm", file]);
            bomb = await File.ReadAllBytesAsync(file + ".zst");
            File.Delete(file + ".zst");
        }

        await RewriteLocalAsync(json =>
        {
            json["layers"]![0]!["mediaType"] = $"application/vnd.oci.image.layer.v1.tar+{compression}";
            Put(json["layers"]![0]!, bomb);
        });
        var options = new Nacre.Images.Pull.PullOptions { Unpack = new() { Limits = new() { RatioFreeBytes = 1 << 20 } } };
        await _scene.RefusesAsync(ImageFault.TooLarge, ImagePolicy.InsecureAcceptAnything, $"oci:{_scene.Layout}:changed", options);
    }

    [Fact]
    public async Task A_manifest_that_is_also_an_index()
    {
        await RewriteLocalAsync(json => json["manifests"] = new JsonArray());
        await _scene.RefusesAsync(ImageFault.Malformed, ImagePolicy.InsecureAcceptAnything, $"oci:{_scene.Layout}:changed");
    }

    [Fact]
    public async Task A_configuration_that_is_no_configuration()
    {
        await RewriteLocalAsync(json => json["config"]!["mediaType"] = "application/vnd.example.artifact");
        await _scene.RefusesAsync(ImageFault.Unsupported, ImagePolicy.InsecureAcceptAnything, $"oci:{_scene.Layout}:changed");
    }

    [Fact]
    public async Task A_directory_that_is_not_free()
    {
        await _scene.PushAsync();
        Directory.CreateDirectory(_scene.Bundle);
        await File.WriteAllTextAsync(Path.Combine(_scene.Bundle, "mine"), "x");
        await _scene.RefusesAsync(ImageFault.Local, ImagePolicy.InsecureAcceptAnything);
        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(_scene.Bundle, "mine")));
    }

    [Fact]
    public async Task Limits_on_what_an_image_may_cost()
    {
        await _scene.PushAsync();
        foreach (var limits in (UnpackLimits[])[new() { Entries = 5 }, new() { Bytes = 1000 }])
            await _scene.RefusesAsync(ImageFault.TooLarge, ImagePolicy.InsecureAcceptAnything, options: new() { Unpack = new() { Limits = limits } });
    }

    public void Dispose() => _scene.Dispose();

    private async Task<ImageManifest> ManifestAsync()
    {
        await using var image = _scene.OpenRegistry();
        return ImageManifest.Parse(await image.GetManifestAsync(null, CancellationToken.None), "test");
    }

    private async Task ReplaceLayerAsync(int layer, Action<byte[]> change)
    {
        await using var image = _scene.OpenRegistry();
        var old = (await ManifestAsync()).Layers[layer];
        var bytes = await image.ReadBlobAsync(old, 1 << 24, CancellationToken.None);
        change(bytes);
        var written = await image.PutBlobAsync(new MemoryStream(bytes), CancellationToken.None);
        await RewriteAsync(json => json["layers"]![layer]!["digest"] = written.Digest.ToString());
    }

    private async Task RewriteAsync(Action<JsonNode> change)
    {
        await using var image = _scene.OpenRegistry();
        var stored = await image.GetManifestAsync(null, CancellationToken.None);
        var json = JsonNode.Parse(stored.Bytes.Span)!;
        change(json);
        await image.PutManifestAsync(new(Encoding.UTF8.GetBytes(json.ToJsonString()), stored.MediaType), own: true, CancellationToken.None);
    }

    /// <summary>The same in the layout, where no registry looks at what is put; the new name is "changed".</summary>
    private async Task RewriteLocalAsync(Action<JsonNode> change)
    {
        await using var from = ImageLocation.Parse($"oci:{_scene.Layout}:plain").OpenSource(ImageScene.Options);
        await using var to = ImageLocation.Parse($"oci:{_scene.Layout}:changed").OpenTarget(ImageScene.Options);
        var stored = await from.GetManifestAsync(null, CancellationToken.None);
        var json = JsonNode.Parse(stored.Bytes.Span)!;
        change(json);
        await to.PutManifestAsync(new(Encoding.UTF8.GetBytes(json.ToJsonString()), stored.MediaType), own: true, CancellationToken.None);
    }

    private void Put(JsonNode descriptor, byte[] content)
    {
        var digest = Digest.Sha256(content);
        File.WriteAllBytes(LocalBlob(digest.ToString()), content);
        (descriptor["digest"], descriptor["size"]) = (digest.ToString(), content.Length);
    }

    private string LocalBlob(string digest) => Path.Combine(_scene.Layout, "blobs", "sha256", digest["sha256:".Length..]);

    private static async Task ChangeAsync(string path, Action<byte[]> change)
    {
        var bytes = await File.ReadAllBytesAsync(path);
        change(bytes);
        await File.WriteAllBytesAsync(path, bytes);
    }
}
