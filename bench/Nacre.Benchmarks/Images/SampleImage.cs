using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Nacre.Benchmarks.Images;

/// <summary>
/// An OCI layout with one image of real files: a sample of this system's <c>/usr</c>, in gzip layers. Which files is settled by a hash of
/// their names, so that the mix of sizes and kinds is the system's and the same at every run.
/// </summary>
internal static class SampleImage
{
    private const int Layers = 4;

    /// <returns>Bytes of the compressed layers.</returns>
    public static async Task<long> WriteAsync(string layout, string tag, long size)
    {
        var blobs = Path.Combine(layout, "blobs", "sha256");
        Directory.CreateDirectory(blobs);
        var diffIds = new JsonArray();
        var layers = new JsonArray();
        var compressed = 0L;
        foreach (var files in Choose(size))
        {
            var (diffId, digest, length) = await WriteLayerAsync(files, blobs);
            compressed += length;
            diffIds.Add((JsonNode)diffId);
            layers.Add((JsonNode)Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", digest, length));
        }

        var config = WriteJson(blobs, new()
        {
            ["architecture"] = "amd64",
            ["os"] = "linux",
            ["config"] = new JsonObject { ["Cmd"] = new JsonArray("/bin/true") },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = diffIds },
        });
        var manifest = WriteJson(blobs, new()
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", config.Digest, config.Length),
            ["layers"] = layers,
        });
        var entry = Descriptor("application/vnd.oci.image.manifest.v1+json", manifest.Digest, manifest.Length);
        entry["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = tag };
        await File.WriteAllTextAsync(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        await File.WriteAllTextAsync(
            Path.Combine(layout, "index.json"), new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(entry) }.ToJsonString());
        return compressed;
    }

    /// <summary>Files until there are so many bytes, in layers of about the same size.</summary>
    private static List<string>[] Choose(long size)
    {
        var all = new DirectoryInfo("/usr").EnumerateFiles("*", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        });
        var chosen = Enumerable.Range(0, Layers).Select(_ => new List<string>()).ToArray();
        var total = 0L;
        foreach (var file in all.OrderBy(file => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(file.FullName))), StringComparer.Ordinal))
        {
            if (total >= size)
                break;
            chosen[total * Layers / size].Add(file.FullName[1..]);
            total += file.Length;
        }

        return total >= size ? chosen : throw new InvalidOperationException($"/usr has only {total >> 20} MB of files; take a smaller --size");
    }

    private static async Task<(string DiffId, string Digest, long Length)> WriteLayerAsync(List<string> files, string blobs)
    {
        var list = Path.Combine(blobs, "list");
        await File.WriteAllTextAsync(list, string.Concat(files.Order(StringComparer.Ordinal).Select(file => file + "\0")));
        var start = new ProcessStartInfo("tar", ["-c", "--format=pax", "-C", "/", "--null", "--no-recursion", "-T", list])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var tar = Process.Start(start) ?? throw new InvalidOperationException("tar is not installed");
        using var diffId = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var path = Path.Combine(blobs, "layer");
        await using (var file = File.Create(path))
        await using (var gzip = new GZipStream(file, CompressionLevel.Optimal))
        {
            var buffer = new byte[1 << 18];
            int count;
            while ((count = await tar.StandardOutput.BaseStream.ReadAsync(buffer)) > 0)
            {
                diffId.AppendData(buffer, 0, count);
                await gzip.WriteAsync(buffer.AsMemory(0, count));
            }
        }

        await tar.WaitForExitAsync();
        if (tar.ExitCode != 0)
            throw new InvalidOperationException($"tar ended with {tar.ExitCode}");

        await using var content = File.OpenRead(path);
        var digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(content));
        var length = content.Length;
        File.Move(path, Path.Combine(blobs, digest), overwrite: true);
        File.Delete(list);
        return ($"sha256:{Convert.ToHexStringLower(diffId.GetHashAndReset())}", $"sha256:{digest}", length);
    }

    private static (string Digest, long Length) WriteJson(string blobs, JsonObject json)
    {
        var bytes = Encoding.UTF8.GetBytes(json.ToJsonString());
        var hex = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes(Path.Combine(blobs, hex), bytes);
        return ($"sha256:{hex}", bytes.Length);
    }

    private static JsonObject Descriptor(string mediaType, string digest, long size) =>
        new() { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = size };
}
