using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.UnitTests.Images;

namespace Nacre.EndToEndTests.Images;

/// <summary>An image with whatever a test wants wrong in it, and the registry that serves it.</summary>
internal sealed class HandmadeImage
{
    private readonly Dictionary<string, byte[]> _blobs = [];
    private readonly JsonArray _layers = [];
    private readonly JsonArray _diffIds = [];

    public HandmadeImage() => (Config["rootfs"], Manifest["layers"]) = (new JsonObject { ["type"] = "layers", ["diff_ids"] = _diffIds }, _layers);

    public JsonObject Config { get; } = new() { ["os"] = "linux", ["architecture"] = "amd64", ["config"] = new JsonObject() };

    public JsonObject Manifest { get; } = new() { ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciManifest };

    /// <summary>Platforms of an index before the manifest; null for none.</summary>
    public IReadOnlyList<Platform>? Platforms { get; init; }

    public static HandmadeImage Of(params TarBytes[] layers)
    {
        var image = new HandmadeImage();
        foreach (var layer in layers)
            image.Add(layer.ToArray());
        return image;
    }

    /// <summary>An image of a layout, with its blobs.</summary>
    public static HandmadeImage Read(string layout, StoredManifest manifest)
    {
        var image = new HandmadeImage();
        image.Manifest.Clear();
        foreach (var (name, value) in JsonNode.Parse(manifest.Bytes.Span)!.AsObject())
            image.Manifest[name] = value!.DeepClone();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(layout, "blobs", "sha256")))
            image._blobs["sha256:" + Path.GetFileName(file)] = File.ReadAllBytes(file);
        return image;
    }

    public JsonObject Layer(int number) => Manifest["layers"]![number]!.AsObject();

    public HandmadeImage Add(byte[] tar, string mediaType = MediaTypes.OciLayer, byte[]? blob = null)
    {
        _diffIds.Add(Digest.Sha256(tar).ToString());
        _layers.Add(Put(blob ?? tar, mediaType));
        return this;
    }

    public HandmadeImage AddGzip(byte[] tar)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(tar);
        return Add(tar, MediaTypes.OciLayer + "+gzip", packed.ToArray());
    }

    /// <summary>Keeps a blob and describes it.</summary>
    public JsonObject Put(byte[] blob, string mediaType)
    {
        var digest = Digest.Sha256(blob).ToString();
        _blobs[digest] = blob;
        return new() { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = blob.Length };
    }

    public byte[] Blob(JsonNode descriptor) => _blobs[(string)descriptor["digest"]!];

    /// <summary>Serves the image; <paramref name="lie"/> may answer a request instead, and says so.</summary>
    public FakeRegistry Serve(Func<string, HttpListenerResponse, Task<bool>>? lie = null)
    {
        if (!Manifest.ContainsKey("config"))
            Manifest["config"] = Put(Encoding.UTF8.GetBytes(Config.ToJsonString()), MediaTypes.OciConfig);
        var manifest = Put(Encoding.UTF8.GetBytes(Manifest.ToJsonString()), (string)Manifest["mediaType"]!);
        var top = Platforms is null ? manifest : Put(Encoding.UTF8.GetBytes(Index(manifest).ToJsonString()), MediaTypes.OciIndex);
        return new(async (request, response) =>
        {
            var path = request.Url!.AbsolutePath;
            if (lie is not null && await lie(path, response))
                return;

            var name = path[(path.LastIndexOf('/') + 1)..];
            var (digest, type) = name == "1" ? ((string)top["digest"]!, (string)top["mediaType"]!)
                : path.Contains("/manifests/", StringComparison.Ordinal) ? (name, (string)manifest["mediaType"]!)
                : (name, "application/octet-stream");
            if (!_blobs.TryGetValue(digest, out var blob))
            {
                response.StatusCode = 404;
                return;
            }

            (response.ContentType, response.ContentLength64) = (type, blob.Length);
            await response.OutputStream.WriteAsync(blob);
        });
    }

    private JsonObject Index(JsonObject manifest) => new()
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = MediaTypes.OciIndex,
        ["manifests"] = new JsonArray([.. Platforms!.Select(platform =>
        {
            var entry = manifest.DeepClone();
            entry["platform"] = new JsonObject { ["os"] = platform.Os, ["architecture"] = platform.Architecture, ["variant"] = platform.Variant };
            return entry;
        })]),
    };
}
