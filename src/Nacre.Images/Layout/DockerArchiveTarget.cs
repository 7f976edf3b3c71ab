using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Transports;
using Nacre.Linux.Compression;

namespace Nacre.Images.Layout;

/// <summary>
/// <c>docker-archive:FILE[:NAME]</c> to write to, for <c>docker load</c>: one image for one platform, its layers as plain tars. Blobs wait in a
/// directory beside the file until the manifest says what they are.
/// </summary>
public sealed class DockerArchiveTarget(string path, string? name) : IImageTarget
{
    private readonly string _blobs = $"{Path.GetFullPath(path)}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}.blobs";

    public string Where => name is null ? $"docker-archive:{path}" : $"docker-archive:{path}:{name}";

    public ValueTask<bool> HasBlobAsync(Digest digest, CancellationToken cancel) => new(File.Exists(BlobPath(digest)));

    public ValueTask<BlobWritten> PutBlobAsync(Stream content, CancellationToken cancel) => BlobFiles.WriteAsync(content, _blobs, BlobPath, cancel);

    public async ValueTask PutManifestAsync(StoredManifest manifest, bool own, CancellationToken cancel)
    {
        if (!own || manifest.IsIndex)
            throw new ImageException(ImageFault.Unsupported, "an image for several platforms", Where, "copy the image for one platform, by its digest");
        if (File.Exists(path))
            throw new ImageException(ImageFault.Local, "the file exists", Where, "remove it or name another one");

        var image = ImageManifest.Parse(manifest, Where);
        var config = ImageConfig.Parse(await File.ReadAllBytesAsync(BlobPath(image.Config.Digest), cancel), Where);
        if (config.DiffIds.Count != image.Layers.Count)
            throw OciJson.Malformed($"the configuration names {config.DiffIds.Count} layers, the manifest {image.Layers.Count}", Where);

        var temporary = _blobs + ".tar";
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            await using (var tar = new TarWriter(file, TarEntryFormat.Pax))
                await WriteAsync(tar, image, config, cancel);
            File.Move(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public ValueTask DisposeAsync()
    {
        if (Directory.Exists(_blobs))
            Directory.Delete(_blobs, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async ValueTask WriteAsync(TarWriter tar, ImageManifest image, ImageConfig config, CancellationToken cancel)
    {
        var names = new JsonArray();
        var written = new HashSet<string>();
        foreach (var (layer, diffId) in image.Layers.Zip(config.DiffIds))
        {
            var file = $"{diffId.Hex}.tar";
            names.Add((JsonNode)file);
            if (written.Add(file))
                await WriteLayerAsync(tar, file, layer, diffId, cancel);
        }

        var configName = $"{image.Config.Digest.Hex}.json";
        await using (var content = BlobFiles.Open(BlobPath(image.Config.Digest), Where))
            await WriteEntryAsync(tar, configName, content, cancel);

        // A list with the one image that is here.
        var json = OciJson.Utf8(new() { ["Config"] = configName, ["RepoTags"] = name is null ? [] : new JsonArray(name), ["Layers"] = names });
        await WriteEntryAsync(tar, "manifest.json", new MemoryStream([.. "["u8, .. json, .. "]"u8]), cancel);
    }

    private async ValueTask WriteLayerAsync(TarWriter tar, string file, Descriptor layer, Digest diffId, CancellationToken cancel)
    {
        var type = LayerMediaType.Find(layer.MediaType);
        if (type is null or { Encrypted: true })
        {
            throw new ImageException(ImageFault.Unsupported, $"a layer of type {layer.MediaType}", Where,
                type is null ? "docker loads tar layers only" : "docker cannot load encrypted layers: decrypt the image to here");
        }

        var plain = Path.Combine(_blobs, file);
        await using (var content = BlobFiles.Open(BlobPath(layer.Digest), Where))
        await using (var target = File.Create(plain))
        await using (var source = Decompress(content, type.Compression))
            await source.CopyToAsync(target, cancel);

        await using var tarred = BlobFiles.Open(plain, Where);
        var found = Digest.Of(diffId.HashName, await CryptographicOperations.HashDataAsync(diffId.HashName, tarred, cancel));
        if (found != diffId)
            throw new ImageException(ImageFault.DiffIdMismatch, $"diff_id: expected {diffId}, found {found}", Where, "build the image again");

        tarred.Position = 0;
        await WriteEntryAsync(tar, file, tarred, cancel);
        File.Delete(plain);
    }

    private static Stream Decompress(Stream content, LayerCompression compression) => compression switch
    {
        LayerCompression.Gzip => new GZipStream(content, CompressionMode.Decompress),
        LayerCompression.Zstd => new ZstdStream(content),
        _ => content,
    };

    private static async ValueTask WriteEntryAsync(TarWriter tar, string name, Stream content, CancellationToken cancel) => await tar.WriteEntryAsync(
        new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, ModificationTime = DateTimeOffset.UnixEpoch, Mode = (UnixFileMode)0x1a4 }, cancel);

    private string BlobPath(Digest digest) => Path.Combine(_blobs, digest.Hex);
}
