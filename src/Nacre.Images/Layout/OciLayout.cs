using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Transports;

namespace Nacre.Images.Layout;

/// <summary><c>oci:DIR[:TAG]</c>: an OCI image layout (image-spec image-layout.md). As a source without a tag, the only image in it.</summary>
public sealed class OciLayout(string directory, string? tag) : IImageSource, IImageTarget
{
    private const string RefName = "org.opencontainers.image.ref.name";
    private const int LargestIndex = 4 << 20;

    public string Where => tag is null ? $"oci:{directory}" : $"oci:{directory}:{tag}";

    private string IndexPath => Path.Combine(directory, "index.json");

    public async ValueTask<StoredManifest> GetManifestAsync(Digest? digest, CancellationToken cancel)
    {
        var wanted = digest is null ? await FindOwnAsync(cancel) : new Descriptor("", digest, -1);
        await using var file = BlobFiles.Open(BlobPath(wanted.Digest), Where);
        if (file.Length > StoredManifest.LargestManifest)
            throw new ImageException(ImageFault.TooLarge, $"a manifest of {file.Length} bytes", Where, "it is no manifest");

        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, cancel);
        var manifest = StoredManifest.Read(bytes, wanted.MediaType, Where);
        if (wanted.Digest.Of(bytes) != wanted.Digest)
        {
            throw new ImageException(ImageFault.DigestMismatch, $"manifest digest: expected {wanted.Digest}, found {wanted.Digest.Of(bytes)}",
                Where, "the directory was changed; copy the image again");
        }

        return manifest;
    }

    public ValueTask<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancel) => new(BlobFiles.Open(BlobPath(blob.Digest), Where));

    public ValueTask<bool> HasBlobAsync(Digest digest, CancellationToken cancel) => new(File.Exists(BlobPath(digest)));

    public ValueTask<BlobWritten> PutBlobAsync(Stream content, CancellationToken cancel) =>
        BlobFiles.WriteAsync(content, Path.Combine(directory, "blobs", "sha256"), BlobPath, cancel);

    public async ValueTask PutManifestAsync(StoredManifest manifest, bool own, CancellationToken cancel)
    {
        await PutBlobAsync(new MemoryStream(manifest.Bytes.ToArray()), cancel);
        if (!own)
            return;

        var index = File.Exists(IndexPath) ? OciJson.Parse(await ReadIndexAsync(cancel), Where) : new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.OciIndex,
            ["manifests"] = new JsonArray(),
        };
        var manifests = index["manifests"] as JsonArray ?? throw OciJson.Malformed("'manifests' must be a list", IndexPath);
        // A name stands for one image; writing again replaces it.
        foreach (var old in manifests.OfType<JsonObject>().Where(item => RefNameOf(item) == tag).ToList())
            manifests.Remove(old);

        var entry = new Descriptor(manifest.MediaType, manifest.Digest, manifest.Bytes.Length)
        {
            Annotations = tag is null ? new Dictionary<string, string>() : new() { [RefName] = tag },
        };
        manifests.Add((JsonNode)entry.ToJson());
        await File.WriteAllTextAsync(Path.Combine(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""", cancel);
        await BlobFiles.WriteAtomicallyAsync(IndexPath, OciJson.Utf8(index), cancel);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<Descriptor> FindOwnAsync(CancellationToken cancel)
    {
        var index = OciJson.Parse(await ReadIndexAsync(cancel), IndexPath);
        var all = OciJson.Objects(index, "manifests", ImageIndex.MostManifests, IndexPath).ToList();
        var found = tag is null ? all : [.. all.Where(item => RefNameOf(item) == tag)];
        return found.Count == 1 ? Descriptor.Read(found[0], IndexPath) : throw new ImageException(
            ImageFault.NotFound,
            tag is null ? $"there are {all.Count} images in it" : $"the name '{tag}' stands for {found.Count} images",
            Where,
            $"name one: {string.Join(", ", all.Select(RefNameOf).OfType<string>())}");
    }

    private async ValueTask<byte[]> ReadIndexAsync(CancellationToken cancel)
    {
        await using var file = BlobFiles.Open(IndexPath, Where);
        if (file.Length > LargestIndex)
            throw new ImageException(ImageFault.TooLarge, $"index.json has {file.Length} bytes", Where, "it is no OCI layout");

        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, cancel);
        return bytes;
    }

    private static string? RefNameOf(JsonObject item) =>
        item["annotations"] is JsonObject annotations && annotations[RefName] is JsonValue value && value.TryGetValue<string>(out var name)
            ? name
            : null;

    private string BlobPath(Digest digest) => Path.Combine(directory, "blobs", digest.Algorithm, digest.Hex);
}
