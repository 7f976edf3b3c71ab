using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Transports;

/// <summary>Reads small things from a source with all checks: digest, size, limit.</summary>
public static class BlobReading
{
    /// <summary>A manifest whose digest is <paramref name="digest"/>, or the image's own.</summary>
    public static async ValueTask<StoredManifest> GetVerifiedManifestAsync(this IImageSource source, Digest? digest, CancellationToken cancel)
    {
        var manifest = await source.GetManifestAsync(digest, cancel);
        if (digest is not null && digest.Of(manifest.Bytes.Span) is var found && found != digest)
        {
            throw new ImageException(ImageFault.DigestMismatch, $"manifest digest: expected {digest}, found {found}", source.Where,
                "the registry or its storage was changed; push the image again and find out who changed it");
        }

        return manifest;
    }

    public static async ValueTask<byte[]> ReadBlobAsync(this IImageSource source, Descriptor blob, int largest, CancellationToken cancel)
    {
        if (blob.Size > largest)
        {
            throw new ImageException(ImageFault.TooLarge, $"blob {blob.Digest} has {blob.Size} bytes, at most {largest} are read here",
                source.Where, "use an image with a smaller one");
        }

        await using var stream = new VerifiedBlobStream(await source.OpenBlobAsync(blob, cancel), blob, source.Where);
        var content = new byte[blob.Size];
        await stream.ReadExactlyAsync(content, cancel);
        // One read more reaches the end, where digest and size are checked; more than the size is refused there too.
        return await stream.ReadAsync(new byte[1], cancel) == 0 ? content : throw new System.Diagnostics.UnreachableException();
    }

    /// <summary>The manifest for one platform: the image's own, or the one its index names. Also the index, when there was one.</summary>
    public static async ValueTask<(StoredManifest? Index, ImageManifest Manifest)> GetImageAsync(
        this IImageSource source, Digest? digest, Platform platform, CancellationToken cancel)
    {
        var stored = await source.GetVerifiedManifestAsync(digest, cancel);
        if (!stored.IsIndex)
            return (null, ImageManifest.Parse(stored, source.Where));

        var chosen = ImageIndex.Parse(stored, source.Where).Require(platform, source.Where);
        var manifest = await source.GetVerifiedManifestAsync(chosen.Digest, cancel);
        return (stored, ImageManifest.Parse(manifest, source.Where));
    }
}
