using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Formats.Erofs;
using Nacre.Images.Copy;
using Nacre.Images.Oci;
using Nacre.Images.Policy;
using Nacre.Images.Pull;
using Nacre.Images.References;
using Nacre.Images.Transports;
using Nacre.Images.Unpack;

namespace Nacre.Images.Verity;

/// <summary>The layers of an image, bottom first; one that is there twice stands there twice.</summary>
public sealed record LayerImageList(Digest ManifestDigest, IReadOnlyList<SharedLayer> Layers, IReadOnlyList<string> Notes);

public sealed record SharedLayer(Digest DiffId, LayerImage Image);

/// <summary>
/// Makes of each layer of an image a file that a host may keep and hand to many guests, and that no guest has to trust it for:
/// <c>DIR/ALGORITHM/DIFF_ID/layer.erofs</c>, beside it <c>layer.erofs.dmverity</c>, and <c>DIR/MANIFEST_DIGEST.json</c> with the root hash of each
/// layer. Every file appears complete or not at all; every digest and diff_id was right before.
/// </summary>
public sealed class LayerImages(IResourceSource? resources, ImagePolicy policy, PullOptions options, IProgress<ImageProgress>? progress = null)
{
    public const string ImageName = "layer.erofs";
    public const string TreeName = "layer.erofs.dmverity";

    /// <exception cref="ImageException">Any refusal or failure.</exception>
    public async Task<LayerImageList> WriteAsync(ImageLocation location, string directory, CancellationToken cancel)
    {
        await using var source = location.OpenSource(options.Registry);
        var (index, manifest) = await source.GetImageAsync(digest: null, options.Platform, cancel);
        Digest[] digests = index is null ? [manifest.Digest] : [manifest.Digest, index.Digest];
        var decision = await new PolicyEvaluator(policy, resources, options.Signatures).EvaluateAsync(location, source, digests, cancel);
        if (!decision.Accepted)
            throw decision.ToException(location.ToString());

        var config = await ImagePuller.ReadConfigAsync(source, manifest, cancel);
        var staging = Path.Combine(directory, $".{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}.making");
        Directory.CreateDirectory(staging, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            var budget = new UnpackBudget(options.Unpack.Limits);
            var made = new Dictionary<Digest, LayerImage>();
            var notes = new List<string>();
            for (var i = 0; i < manifest.Layers.Count; i++)
            {
                var diffId = config.DiffIds[i];
                if (made.ContainsKey(diffId))
                    continue;

                var where = $"{source.Where}, layer {i + 1} of {manifest.Layers.Count} ({manifest.Layers[i].Digest})";
                await using var layer = Open(source, manifest.Layers[i], diffId, budget, where, cancel);
                var folder = Path.Combine(staging, diffId.Hex);
                Directory.CreateDirectory(folder);
                made[diffId] = await WriteLayerAsync(layer, folder, diffId, budget, notes, cancel);
                Publish(folder, Path.Combine(directory, diffId.Algorithm, diffId.Hex));
            }

            var list = new LayerImageList(manifest.Digest, [.. config.DiffIds.Select(diffId => new SharedLayer(diffId, made[diffId]))], notes);
            await WriteIndexAsync(list, staging, directory, cancel);
            return list;
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>One layer, of which all that comes out of <paramref name="layer"/> is read and checked.</summary>
    internal static async Task<LayerImage> WriteLayerAsync(
        LayerFeed layer, string folder, Digest diffId, UnpackBudget budget, List<string> notes, CancellationToken cancel)
    {
        using var image = File.OpenHandle(Path.Combine(folder, ImageName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
        uint blocks;
        using (var writer = new ErofsLayerWriter(image, Path.Combine(folder, "tails"), budget, layer.Where))
        {
            try
            {
                blocks = await writer.WriteAsync(layer, UuidOf(diffId), cancel);
                await layer.FinishAsync(cancel);
            }
            catch (EndOfStreamException e)
            {
                await layer.AbandonAsync(cancel);
                throw new ImageException(ImageFault.Malformed, $"the layer cannot be read: {e.Message}", layer.Where, "build the image again", e);
            }
            catch (ImageException e) when (e.Fault is ImageFault.Malformed or ImageFault.UnsafeEntry or ImageFault.Unsupported)
            {
                // A changed layer mostly fails as nonsense first. Its digest is the better reason, if it is wrong.
                await layer.AbandonAsync(cancel);
                throw;
            }

            notes.AddRange(writer.Notes);
        }

        var made = new LayerImage([], (long)blocks * ErofsSuperblock.BlockSize, LayerImage.DefaultSalt);
        made = made with { RootHash = await new VerityFormatter(made.Tree).WriteAsync(image, image, layer.Where, cancel) };
        RandomAccess.FlushToDisk(image);
        await File.WriteAllBytesAsync(Path.Combine(folder, TreeName), OciJson.Utf8(made.ToJson()), cancel);
        return made;
    }

    private LayerFeed Open(IImageSource source, Descriptor layer, Digest diffId, UnpackBudget budget, string where, CancellationToken cancel)
    {
        var type = LayerMediaType.Find(layer.MediaType)
            ?? throw new ImageException(ImageFault.Unsupported, $"a layer of type {layer.MediaType}", where, "use an image with tar layers");
        if (type.Encrypted)
        {
            throw new ImageException(ImageFault.Unsupported, "an encrypted layer: its image would lie on the host in clear", where,
                "if that is meant, make a plain copy with nacre image decrypt first");
        }

        var blob = new VerifiedBlobStream(new LazyStream(() => source.OpenBlobAsync(layer, cancel)), layer, where);
        return new(new ProgressStream(blob, ImageStep.Fetching, layer, progress), type.Compression, diffId, budget, where);
    }

    // Of the layer and nothing else, as all of the image is.
    private static Guid UuidOf(Digest diffId) => new(Convert.FromHexString(diffId.Hex.AsSpan(0, 32)), bigEndian: true);

    private static void Publish(string folder, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (Directory.Exists(target))
            Directory.Move(target, folder + ".old");
        Directory.Move(folder, target);
    }

    private static async Task WriteIndexAsync(LayerImageList list, string staging, string directory, CancellationToken cancel)
    {
        var json = new JsonObject
        {
            ["manifestDigest"] = list.ManifestDigest.ToString(),
            ["layers"] = new JsonArray([.. list.Layers.Select(layer =>
            {
                var item = layer.Image.ToJson();
                item.Insert(0, "diffId", layer.DiffId.ToString());
                return (JsonNode)item;
            })]),
        };
        var file = Path.Combine(staging, "index");
        await File.WriteAllBytesAsync(file, OciJson.Utf8(json), cancel);
        File.Move(file, Path.Combine(directory, $"{list.ManifestDigest.Hex}.json"), overwrite: true);
    }
}
