using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Transports;

namespace Nacre.Images.Layout;

/// <summary><c>dir:DIR</c> of containers/image: <c>manifest.json</c> and the blobs by the hex of their digests, side by side.</summary>
public sealed class PlainDirectory(string directory) : IImageSource, IImageTarget
{
    private const string Version = "Directory Transport Version: 1.1\n";

    public string Where => $"dir:{directory}";

    public async ValueTask<StoredManifest> GetManifestAsync(Digest? digest, CancellationToken cancel)
    {
        await using var file = BlobFiles.Open(Path.Combine(directory, digest is null ? "manifest.json" : digest.Hex + ".manifest.json"), Where);
        if (file.Length > StoredManifest.LargestManifest)
            throw new ImageException(ImageFault.TooLarge, $"a manifest of {file.Length} bytes", Where, "it is no manifest");

        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, cancel);
        return StoredManifest.Read(bytes, transportType: null, Where);
    }

    public ValueTask<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancel) => new(BlobFiles.Open(BlobPath(blob.Digest), Where));

    public ValueTask<bool> HasBlobAsync(Digest digest, CancellationToken cancel) => new(File.Exists(BlobPath(digest)));

    public ValueTask<BlobWritten> PutBlobAsync(Stream content, CancellationToken cancel) =>
        BlobFiles.WriteAsync(content, directory, BlobPath, cancel);

    public async ValueTask PutManifestAsync(StoredManifest manifest, bool own, CancellationToken cancel)
    {
        Directory.CreateDirectory(directory);
        var name = own ? "manifest.json" : manifest.Digest.Hex + ".manifest.json";
        await BlobFiles.WriteAtomicallyAsync(Path.Combine(directory, name), manifest.Bytes, cancel);
        await File.WriteAllTextAsync(Path.Combine(directory, "version"), Version, cancel);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string BlobPath(Digest digest) => Path.Combine(directory, digest.Hex);
}
