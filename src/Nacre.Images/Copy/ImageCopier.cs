using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Transports;
using Nacre.Images.Unpack;

namespace Nacre.Images.Copy;

/// <summary>
/// Copies an image with all its platforms: blobs, then manifests, then the image's own manifest, so that the target never names what is
/// not there. Every blob is checked on the way.
/// </summary>
public sealed class ImageCopier(IImageSource source, IImageTarget target, ILayerTransform? transform = null, IProgress<ImageProgress>? progress = null)
{
    private const int AtOnce = 3;

    // What became of each layer, by what it was: the same blob twice in an image is copied, and encrypted, once.
    private readonly Dictionary<Digest, Task<Descriptor>> _layers = [];

    /// <returns>The image's own manifest as written.</returns>
    public async Task<StoredManifest> CopyAsync(CancellationToken cancel)
    {
        var root = await source.GetVerifiedManifestAsync(digest: null, cancel);
        return root.IsIndex ? await CopyIndexAsync(root, cancel) : await CopyManifestAsync(root, own: true, cancel);
    }

    private async Task<StoredManifest> CopyIndexAsync(StoredManifest stored, CancellationToken cancel)
    {
        var json = stored.Json(source.Where);
        foreach (var item in OciJson.Objects(json, "manifests", ImageIndex.MostManifests, source.Where))
        {
            var digest = OciJson.Digest(item, "digest", source.Where);
            var inner = await source.GetVerifiedManifestAsync(digest, cancel);
            if (inner.IsIndex)
                throw new ImageException(ImageFault.Unsupported, "an index inside an index", source.Where, "copy the inner image by its digest");

            var written = await CopyManifestAsync(inner, own: false, cancel);
            (item["mediaType"], item["digest"], item["size"]) = (written.MediaType, written.Digest.ToString(), written.Bytes.Length);
        }

        var index = transform is null ? stored : Convert(json, stored.MediaType);
        await target.PutManifestAsync(index, own: true, cancel);
        return index;
    }

    private async Task<StoredManifest> CopyManifestAsync(StoredManifest stored, bool own, CancellationToken cancel)
    {
        var manifest = ImageManifest.Parse(stored, source.Where);
        await CopyBlobAsync(manifest.Config, cancel);
        var layers = await CopyLayersAsync(manifest.Layers, cancel);
        var result = layers.SequenceEqual(manifest.Layers) ? stored : Rewrite(stored, layers);
        await target.PutManifestAsync(result, own, cancel);
        return result;
    }

    /// <summary>A few layers at once. Each begins in order, because a transform may count them; only their contents run side by side.</summary>
    private async Task<Descriptor[]> CopyLayersAsync(IReadOnlyList<Descriptor> layers, CancellationToken cancel)
    {
        using var gate = new SemaphoreSlim(AtOnce);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var copies = new List<Task<Descriptor>>();
        try
        {
            foreach (var (position, layer) in layers.Index())
            {
                if (!_layers.TryGetValue(layer.Digest, out var copy))
                {
                    await gate.WaitAsync(stop.Token);
                    var work = await BeginLayerAsync(layer, position, layers.Count, stop.Token);
                    _layers[layer.Digest] = copy = Task.Run(() => FinishAsync(work));
                }

                copies.Add(copy);
            }

            return await Task.WhenAll(copies);
        }
        catch (Exception e)
        {
            await stop.CancelAsync();
            // All must have ended before their streams go. One that failed has cancelled the rest, and is what is told.
            await ((Task)Task.WhenAll(copies)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (e is OperationCanceledException)
                await Task.WhenAll(copies);
            throw;
        }

        async Task<Descriptor> FinishAsync(Func<Task<Descriptor>> work)
        {
            try
            {
                return await work();
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
            finally
            {
                gate.Release();
            }
        }
    }

    private async Task<Func<Task<Descriptor>>> BeginLayerAsync(Descriptor layer, int position, int count, CancellationToken cancel)
    {
        if (transform is null)
            return AsItIs;

        var where = $"{source.Where}, layer {layer.Digest}";
        var content = new VerifiedBlobStream(new LazyStream(() => source.OpenBlobAsync(layer, cancel)), layer, where);
        try
        {
            if (await transform.BeginAsync(layer, position, count, content, where, cancel) is { } begun)
                return () => WriteAsync(begun);
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }

        await content.DisposeAsync();
        return AsItIs;

        async Task<Descriptor> AsItIs()
        {
            await CopyBlobAsync(layer, cancel);
            return layer;
        }

        async Task<Descriptor> WriteAsync(TransformedLayer begun)
        {
            // Reading, checking and the cipher run beside the hashing and writing of what came out.
            await using var stream = new ProgressStream(begun.Content, ImageStep.Copying, layer, progress);
            await using var ahead = new ReadAheadStream(stream);
            var written = await target.PutBlobAsync(ahead, cancel);
            return new(begun.MediaType, written.Digest, written.Size) { Annotations = begun.Annotations() };
        }
    }

    private async Task CopyBlobAsync(Descriptor blob, CancellationToken cancel)
    {
        if (await target.HasBlobAsync(blob.Digest, cancel) || await target.TryMountAsync(blob, source, cancel))
        {
            progress?.Report(new(ImageStep.Present, blob.Digest, blob.Size, blob.Size));
            return;
        }

        await using var content = new ProgressStream(
            new VerifiedBlobStream(await source.OpenBlobAsync(blob, cancel), blob, source.Where), ImageStep.Copying, blob, progress);
        await target.PutBlobAsync(content, cancel);
    }

    // Docker's schema 2 has no media types for encrypted layers, so a changed image is an OCI image.
    private StoredManifest Rewrite(StoredManifest stored, IEnumerable<Descriptor> layers)
    {
        var json = stored.Json(source.Where);
        json["layers"] = new JsonArray([.. layers.Select(layer => (JsonNode)(layer with { MediaType = OciName(layer.MediaType) }).ToJson())]);
        var config = OciJson.Object(json, "config", source.Where);
        if (OciJson.Text(config, "mediaType", source.Where) == MediaTypes.DockerConfig)
            config["mediaType"] = MediaTypes.OciConfig;
        return Convert(json, MediaTypes.OciManifest);
    }

    private static string OciName(string mediaType) => LayerMediaType.Find(mediaType)?.ToString() ?? mediaType;

    private static StoredManifest Convert(JsonObject json, string mediaType)
    {
        mediaType = mediaType == MediaTypes.DockerList ? MediaTypes.OciIndex : mediaType;
        json["mediaType"] = mediaType;
        return new(OciJson.Utf8(json), mediaType);
    }
}
