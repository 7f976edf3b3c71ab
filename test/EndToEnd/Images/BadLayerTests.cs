using System.Security.Cryptography;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Images;
using Nacre.Images.Encryption;
using Nacre.Images.Oci;
using Nacre.Images.Pull;
using Nacre.Images.Transports;
using Nacre.UnitTests.Images;

namespace Nacre.EndToEndTests.Images;

/// <summary>Layers that try to write elsewhere, to fill the disk, or that are not what was encrypted.</summary>
[Trait("Group", "ImagesBadInput")]
public sealed class BadLayerTests : IAsyncLifetime
{
    private const string SecondLayer = "layer 2 of 2";
    private BadImageStage? _stage;

    public static TheoryData<string, string> Escapes => new()
    {
        { "absolute", "the name '/etc/passwd' is absolute" },
        { "climbing", "the name 'a/../../outside' climbs with '..'" },
        { "climbing long name", "the name '../outside' climbs with '..'" },
        { "file through a link", "leads through 'link', which is no plain directory" },
        { "link out and a file through two", "leads through 'a/b', which is no plain directory" },
        { "hard link out", "a hard link to 'etc/shadow', which is not in the image" },
        { "hard link climbing", "the link target '../../etc/shadow' climbs with '..'" },
        { "hard link through a link", "leads through 'link', which is no plain directory" },
        { "whiteout of the parent", "the whiteout '.wh...'" },
    };

    private BadImageStage Stage => _stage!;

    public async ValueTask InitializeAsync() => _stage = await BadImageStage.CreateAsync();

    [Theory]
    [MemberData(nameof(Escapes))]
    public async Task What_leads_out_is_refused(string form, string what) => await Stage.RefusesAsync(
        HandmadeImage.Of(new TarBytes().Directory("etc").File("etc/first", "x"), Escape(form)), ImageFault.UnsafeEntry, what, SecondLayer);

    [Fact]
    public async Task Sizes_that_are_no_sizes_are_refused()
    {
        byte[] negative = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe];
        await RefusesAsync(new TarBytes().Entry('0', "f", sizeField: negative), ImageFault.Malformed, "tar: the size is -2");
        await RefusesAsync(new TarBytes().Pax(("size", "-1")).File("f"), ImageFault.Malformed, "tar: the PAX record 'size' is no number");
        await RefusesAsync(new TarBytes().File("f", "x", size: 1 << 30), ImageFault.Malformed, "before the end of a file");
        await RefusesAsync(new TarBytes().Entry('x', "p", size: 1 << 30), ImageFault.TooLarge, "an extended header of 1073741824 bytes");
        await RefusesAsync(new TarBytes().Entry('5', "d", size: 512, content: new byte[512]), ImageFault.Malformed, "an entry that is no file has a size of 512");
    }

    [Fact]
    public async Task A_million_entries_are_refused()
    {
        var tar = new TarBytes();
        tar.File("f");
        var one = tar.ToArray()[..512];
        var whole = new byte[1_000_000 * one.Length];
        for (var at = 0; at < whole.Length; at += one.Length)
            one.CopyTo(whole, at);

        await Stage.RefusesAsync(new HandmadeImage().Add(whole), ImageFault.TooLarge, "more than 500000 entries", "layer 1 of 1");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task Bombs_are_refused_long_before_they_go_off(string compression)
    {
        var file = Path.GetTempFileName();
        try
        {
            // A gigabyte of zeros in one file of an archive; the pieces are packed once and repeated.
            var head = new TarBytes().Entry('0', "zeros", size: 1L << 30).ToArray()[..512];
            await File.WriteAllBytesAsync(file, [.. head, .. new byte[64 << 20]]);
            var program = compression == "gzip" ? "gzip" : "zstd";
            var first = await PackAsync(program, file);
            await File.WriteAllBytesAsync(file, new byte[64 << 20]);
            var more = await PackAsync(program, file);
            byte[] bomb = [.. first, .. Enumerable.Repeat(more, 15).SelectMany(part => part)];

            var image = new HandmadeImage().Add(new byte[1], $"{MediaTypes.OciLayer}+{compression}", bomb);
            var error = await Stage.RefusesAsync(image, ImageFault.TooLarge, "more than 200 to 1", "layer 1 of 1");
            Assert.Contains("raise the limit", error.Remedy, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_layer_larger_than_the_disk_gives_its_space_back()
    {
        await using var small = await BadImageStage.CreateAsync("1m");
        var random = Convert.ToHexString(RandomNumberGenerator.GetBytes(1 << 20));
        var error = await small.RefusesAsync(HandmadeImage.Of(new TarBytes().File("a", "x"), new TarBytes().File("b", random)), ImageFault.Local, "a file cannot be written", SecondLayer);
        Assert.Contains("check the space", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Device_nodes_are_left_out_and_reported()
    {
        await using var registry = HandmadeImage.Of(new TarBytes().Entry('3', "dev/mem", major: 1, minor: 1).Entry('4', "dev/sda", major: 8, minor: 0)).Serve();
        using var directory = new TemporaryBundle();
        var puller = new ImagePuller(null, Nacre.Images.Policy.ImagePolicy.InsecureAcceptAnything, new() { Registry = ImageScene.Options });
        var result = await puller.PullAsync(ImageLocation.Parse(registry.Name), directory.Bundle, CancellationToken.None);

        Assert.Equal(["the device dev/mem (1:1) was left out", "the device dev/sda (8:0) was left out"], result.Notes);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(directory.Bundle, "rootfs"), "*", SearchOption.AllDirectories).Where(File.Exists));
    }

    [Fact]
    public async Task Layers_in_another_order_are_refused()
    {
        var image = HandmadeImage.Of(new TarBytes().File("a", "1"), new TarBytes().File("a", "2"));
        var layers = image.Manifest["layers"]!.AsArray();
        var first = layers[0];
        layers.RemoveAt(0);
        layers.Add(first);
        await Stage.RefusesAsync(image, ImageFault.DiffIdMismatch, "diff_id", "layer 1 of 2");
    }

    [Fact]
    public async Task Ciphertext_that_was_cut_or_changed_or_moved_is_refused()
    {
        using var scene = new EncryptedLayout();
        await Stage.AcceptsAsync(await scene.ReadAsync(), keys: scene);

        var cut = await scene.ReadAsync();
        Replace(cut, 1, bytes => bytes[..^16]);
        await Stage.RefusesAsync(cut, ImageFault.MacMismatch, "MAC", SecondLayer, keys: scene);

        var flipped = await scene.ReadAsync();
        Replace(flipped, 0, bytes => [(byte)(bytes[0] ^ 1), .. bytes[1..]]);
        await Stage.RefusesAsync(flipped, ImageFault.MacMismatch, "MAC", "layer 1 of 2", keys: scene);

        // Each with its own packet, so that every MAC is right: only the configuration tells.
        var swapped = await scene.ReadAsync();
        var layers = swapped.Manifest["layers"]!.AsArray();
        var first = layers[0];
        layers.RemoveAt(0);
        layers.Add(first);
        await Stage.RefusesAsync(swapped, ImageFault.DiffIdMismatch, "diff_id", "layer 1 of 2", keys: scene);
    }

    [Fact]
    public async Task The_wrong_key_and_no_key_are_refused_before_anything_is_fetched()
    {
        using var scene = new EncryptedLayout();
        await Stage.RefusesAsync(await scene.ReadAsync(), ImageFault.KeyUnavailable, "no recipient of the layer", "layer 1 of 2", lie: NoBlobOfALayerAsync);
        scene.Key = RandomNumberGenerator.GetBytes(32);
        await Stage.RefusesAsync(
            await scene.ReadAsync(), ImageFault.KeyUnavailable, $"the key {EncryptedLayout.KeyId} does not open this layer", "layer 1 of 2", keys: scene, lie: NoBlobOfALayerAsync);

        Task<bool> NoBlobOfALayerAsync(string path, System.Net.HttpListenerResponse response)
        {
            Assert.DoesNotContain(scene.LayerDigests, digest => path.EndsWith(digest, StringComparison.Ordinal));
            return Task.FromResult(false);
        }
    }

    public async ValueTask DisposeAsync() => await Stage.DisposeAsync();

    private static TarBytes Escape(string form) => form switch
    {
        "absolute" => new TarBytes().File("/etc/passwd", "x"),
        "climbing" => new TarBytes().File("a/../../outside", "x"),
        "climbing long name" => new TarBytes().Pax(("path", "../outside")).File("harmless", "x"),
        "file through a link" => new TarBytes().Symlink("link", "/etc").File("link/passwd", "x"),
        "link out and a file through two" => new TarBytes().Directory("a").Symlink("a/b", "../..").File("a/b/c/d", "x"),
        "hard link out" => new TarBytes().HardLink("hard", "/etc/shadow"),
        "hard link climbing" => new TarBytes().HardLink("hard", "../../etc/shadow"),
        "hard link through a link" => new TarBytes().Symlink("link", "/etc").HardLink("hard", "link/shadow"),
        "whiteout of the parent" => new TarBytes().File(".wh..."),
        _ => throw new ArgumentOutOfRangeException(nameof(form)),
    };

    private Task<ImageException> RefusesAsync(TarBytes layer, ImageFault fault, string what) =>
        Stage.RefusesAsync(HandmadeImage.Of(layer), fault, what, "layer 1 of 1");

    private static void Replace(HandmadeImage image, int number, Func<byte[], byte[]> change)
    {
        var layer = image.Layer(number);
        var described = image.Put(change(image.Blob(layer)), (string)layer["mediaType"]!);
        (layer["digest"], layer["size"]) = (described["digest"]!.DeepClone(), described["size"]!.DeepClone());
    }

    private static async Task<byte[]> PackAsync(string program, string file)
    {
        await ToolRun.RunAsync(program, ["-q", "-f", "-k", file]);
        var packed = file + (program == "gzip" ? ".gz" : ".zst");
        var bytes = await File.ReadAllBytesAsync(packed);
        File.Delete(packed);
        return bytes;
    }

    /// <summary>An encrypted image of two layers in a layout, and the one key for both.</summary>
    private sealed class EncryptedLayout : IResourceSource, IDisposable
    {
        public static readonly ResourceUri KeyId = ResourceUri.Parse("kbs:///default/image-kek/bad");
        private readonly string _directory = Directory.CreateTempSubdirectory("nacre-bad-").FullName;
        private bool _made;

        public byte[] Key { get; set; } = RandomNumberGenerator.GetBytes(32);

        public IReadOnlyList<string> LayerDigests { get; private set; } = [];

        public async Task<HandmadeImage> ReadAsync()
        {
            var location = $"oci:{_directory}:1";
            if (!_made)
            {
                await using var registry = HandmadeImage.Of(new TarBytes().File("a", "first"), new TarBytes().File("b", "second")).Serve();
                using var key = SecretBytes.Copy(Key);
                await ImageScene.CopyAsync(registry.Name, location, new EncryptTransform([new KbsRecipient(KeyId, key)]));
                _made = true;
            }

            await using var source = ImageLocation.Parse(location).OpenSource(ImageScene.Options);
            var manifest = await source.GetManifestAsync(null, CancellationToken.None);
            LayerDigests = [.. ImageManifest.Parse(manifest, "test").Layers.Select(layer => layer.Digest.ToString())];
            return HandmadeImage.Read(_directory, manifest);
        }

        public ValueTask<SecretBytes> GetAsync(ResourceUri uri, CancellationToken cancel) => new(SecretBytes.Copy(Key));

        public void Dispose() => Directory.Delete(_directory, recursive: true);
    }

    private sealed class TemporaryBundle : IDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("nacre-bundle-").FullName;

        public string Bundle => Path.Combine(_directory, "bundle");

        public void Dispose() => Directory.Delete(_directory, recursive: true);
    }
}
