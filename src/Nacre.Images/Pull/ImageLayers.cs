using Nacre.Images.Copy;
using Nacre.Images.Encryption;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Transports;
using Nacre.Images.Unpack;

namespace Nacre.Images.Pull;

/// <summary>The layers of one image by position, bottom first, to be opened.</summary>
internal sealed class ImageLayers(
    IImageSource source, ImageManifest manifest, ImageConfig config, LayerDecryption decryption, UnpackBudget budget,
    IProgress<ImageProgress>? progress)
{
    public int Count => manifest.Layers.Count;

    public UnpackBudget Budget => budget;

    public Descriptor Blob(int position) => manifest.Layers[position];

    public Digest DiffId(int position) => config.DiffIds[position];

    public string Where(int position) => $"{source.Where}, layer {position + 1} of {Count} ({Blob(position).Digest})";

    /// <summary>The key of an encrypted layer, null for a plain one; the caller disposes it.</summary>
    public async ValueTask<PrivateLayerOptions?> UnwrapKeyAsync(int position, CancellationToken cancel) =>
        Type(position).Encrypted ? await decryption.UnwrapAsync(Blob(position), Where(position), cancel) : null;

    public ValueTask<Stream> OpenBlobAsync(int position, long offset, CancellationToken cancel) =>
        source.OpenBlobAtAsync(Blob(position), offset, cancel);

    /// <summary>The archive of a layer, made from its blob with all checks.</summary>
    /// <param name="position">From 0.</param>
    /// <param name="key">Its key, if it is encrypted; not needed any more afterwards.</param>
    /// <param name="content">The blob as it comes; belongs to the result.</param>
    public LayerFeed Open(int position, PrivateLayerOptions? key, Stream content)
    {
        var (layer, where, type) = (Blob(position), Where(position), Type(position));
        var blob = new ProgressStream(new VerifiedBlobStream(content, layer, where), ImageStep.Fetching, layer, progress);
        try
        {
            var compressed = key is null ? blob : LayerDecryption.Open(layer, blob, key, where);
            return new(compressed, type.Compression, DiffId(position), budget, where);
        }
        catch
        {
            blob.Dispose();
            throw;
        }
    }

    public void Report(int position, ImageStep step)
    {
        var layer = Blob(position);
        progress?.Report(new(step, layer.Digest, layer.Size, layer.Size));
    }

    private LayerMediaType Type(int position) => LayerMediaType.Find(Blob(position).MediaType) ?? throw new ImageException(
        ImageFault.Unsupported, $"a layer of type {Blob(position).MediaType}", Where(position), "use an image with tar layers");
}
