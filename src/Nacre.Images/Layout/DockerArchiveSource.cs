using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Transports;

namespace Nacre.Images.Layout;

/// <summary>
/// <c>docker-archive:FILE[:NAME]</c> to read from: what <c>docker save</c> writes. It has no manifest, so one is made: docker's schema 2 over
/// the layers as they are in the file. Nothing is unpacked; blobs are read in place.
/// </summary>
public sealed class DockerArchiveSource(string path, string? name) : IImageSource
{
    private const string ManifestFile = "manifest.json";
    private const int LargestManifest = 4 << 20;
    private const int MostEntries = 100_000;

    private readonly Dictionary<Digest, (long Offset, long Size)> _blobs = [];
    private StoredManifest? _manifest;

    public string Where => name is null ? $"docker-archive:{path}" : $"docker-archive:{path}:{name}";

    public async ValueTask<StoredManifest> GetManifestAsync(Digest? digest, CancellationToken cancel)
    {
        _manifest ??= await ReadAsync(cancel);
        return digest is null || digest == _manifest.Digest ? _manifest : throw new ImageException(
            ImageFault.NotFound, $"there is no manifest {digest}", Where, "the file has one image, without an index");
    }

    public async ValueTask<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancel)
    {
        _manifest ??= await ReadAsync(cancel);
        return _blobs.TryGetValue(blob.Digest, out var place)
            ? new FileSlice(BlobFiles.Open(path, Where), place.Offset, place.Size)
            : throw new ImageException(ImageFault.NotFound, $"there is no blob {blob.Digest}", Where, "save the image again");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<StoredManifest> ReadAsync(CancellationToken cancel)
    {
        var files = await ListAsync(cancel);
        var listBytes = await ReadFileAsync(files, ManifestFile, LargestManifest, cancel);
        var list = OciJson.Parse([.. "{\"images\":"u8, .. listBytes, .. "}"u8], $"{Where}, {ManifestFile}");
        var image = Choose([.. OciJson.Objects(list, "images", ImageIndex.MostManifests, Where)]);
        var configBytes = await ReadFileAsync(files, OciJson.Text(image, "Config", Where), ImageConfig.LargestConfig, cancel);
        var config = ImageConfig.Parse(configBytes, $"{Where}, config");
        var layers = OciJson.Texts(image, "Layers", ImageManifest.MostLayers, Where);
        if (layers.Count != config.DiffIds.Count)
            throw OciJson.Malformed($"the configuration names {config.DiffIds.Count} layers, {ManifestFile} {layers.Count}", Where);

        var descriptors = new JsonArray();
        foreach (var (file, diffId) in layers.Zip(config.DiffIds))
            descriptors.Add((JsonNode)(await DescribeLayerAsync(Find(files, file), diffId, cancel)).ToJson());
        var configDigest = Digest.Sha256(configBytes);
        _blobs[configDigest] = Find(files, OciJson.Text(image, "Config", Where));
        return new(OciJson.Utf8(new()
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.DockerManifest,
            ["config"] = new Descriptor(MediaTypes.DockerConfig, configDigest, configBytes.Length).ToJson(),
            ["layers"] = descriptors,
        }), MediaTypes.DockerManifest);
    }

    private JsonObject Choose(List<JsonObject> images)
    {
        var fitting = name is null ? images : [.. images.Where(image => OciJson.Texts(image, "RepoTags", 1024, Where).Contains(name))];
        return fitting.Count == 1 ? fitting[0] : throw new ImageException(
            ImageFault.NotFound, name is null ? $"there are {images.Count} images in it" : $"the name '{name}' stands for {fitting.Count} images", Where,
            $"name one: {string.Join(", ", images.SelectMany(image => OciJson.Texts(image, "RepoTags", 1024, Where)))}");
    }

    // docker saves plain tars, whose digest is the diff_id; others may have compressed them.
    private async ValueTask<Descriptor> DescribeLayerAsync((long Offset, long Size) place, Digest diffId, CancellationToken cancel)
    {
        await using var content = new FileSlice(BlobFiles.Open(path, Where), place.Offset, place.Size);
        var start = new byte[4];
        var count = await content.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancel);
        var suffix = start.AsSpan(0, count) switch
        {
            [0x1f, 0x8b, ..] => ".gzip",
            [0x28, 0xb5, 0x2f, 0xfd] => ".zstd",
            _ => "",
        };
        var digest = diffId;
        if (suffix.Length > 0)
        {
            await using var whole = new FileSlice(BlobFiles.Open(path, Where), place.Offset, place.Size);
            digest = Digest.Of(HashAlgorithmName.SHA256, await SHA256.HashDataAsync(whole, cancel));
        }

        _blobs[digest] = place;
        return new(MediaTypes.DockerLayer + suffix, digest, place.Size);
    }

    private async ValueTask<Dictionary<string, (long Offset, long Size)>> ListAsync(CancellationToken cancel)
    {
        var files = new Dictionary<string, (long, long)>();
        var links = new List<(string Name, string Target)>();
        try
        {
            await using var file = BlobFiles.Open(path, Where);
            await using var tar = new System.Formats.Tar.TarReader(file);
            for (var count = 0; await tar.GetNextEntryAsync(copyData: false, cancel) is { } entry; count++)
            {
                if (count == MostEntries)
                    throw new ImageException(ImageFault.TooLarge, $"more than {MostEntries} entries", Where, "it is no image");
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                    files[entry.Name] = (entry.DataOffset, entry.Length);
                else if (entry.EntryType == TarEntryType.SymbolicLink)
                    links.Add((entry.Name, entry.LinkName));
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new ImageException(ImageFault.Malformed, $"it is no tar file: {e.Message}", Where, "if it is compressed, decompress it", e);
        }

        // Old versions of docker link a layer that comes twice: ID/layer.tar → ../OTHER/layer.tar.
        foreach (var (link, target) in links)
        {
            if (files.TryGetValue(target.StartsWith("../", StringComparison.Ordinal) ? target[3..] : target, out var place))
                files.TryAdd(link, place);
        }

        return files;
    }

    private async ValueTask<byte[]> ReadFileAsync(Dictionary<string, (long Offset, long Size)> files, string file, int largest, CancellationToken cancel)
    {
        var (offset, size) = Find(files, file);
        if (size > largest)
            throw new ImageException(ImageFault.TooLarge, $"{file} has {size} bytes, at most {largest} are read", Where, "it is no image");

        var bytes = new byte[size];
        await using var content = new FileSlice(BlobFiles.Open(path, Where), offset, size);
        await content.ReadExactlyAsync(bytes, cancel);
        return bytes;
    }

    private (long Offset, long Size) Find(Dictionary<string, (long Offset, long Size)> files, string file) =>
        files.TryGetValue(file, out var place) ? place : throw OciJson.Malformed($"the file has no '{file}'", Where);

    /// <summary>A part of a file.</summary>
    private sealed class FileSlice : ReadOnlyStream
    {
        private readonly FileStream _file;
        private long _left;

        public FileSlice(FileStream file, long offset, long size)
        {
            (_file, _left) = (file, size);
            _file.Position = offset;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await _file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _file.Dispose();
            base.Dispose(disposing);
        }
    }
}
