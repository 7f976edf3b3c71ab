using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Nacre.EndToEndTests.Images;

/// <summary>An OCI layout with one image of tar files as they are.</summary>
internal static class OciImage
{
    public static async Task WriteAsync(string layout, string tag, IReadOnlyList<string> tars)
    {
        var blobs = Directory.CreateDirectory(Path.Combine(layout, "blobs", "sha256")).FullName;
        var layers = new JsonArray();
        var diffIds = new JsonArray();
        foreach (var tar in tars)
        {
            var layer = Put(blobs, await File.ReadAllBytesAsync(tar), "application/vnd.oci.image.layer.v1.tar");
            layers.Add((JsonNode)layer);
            diffIds.Add((JsonNode)layer["digest"]!.GetValue<string>());
        }

        var config = Put(
            blobs,
            Encoding.UTF8.GetBytes(new JsonObject
            {
                ["os"] = "linux",
                ["architecture"] = "amd64",
                ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = diffIds },
            }.ToJsonString()),
            "application/vnd.oci.image.config.v1+json");
        const string manifestType = "application/vnd.oci.image.manifest.v1+json";
        var manifest = Put(
            blobs,
            Encoding.UTF8.GetBytes(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = manifestType, ["config"] = config, ["layers"] = layers }.ToJsonString()),
            manifestType);
        manifest["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = tag };
        await File.WriteAllTextAsync(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        await File.WriteAllTextAsync(
            Path.Combine(layout, "index.json"), new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(manifest) }.ToJsonString());
    }

    private static JsonObject Put(string blobs, byte[] content, string mediaType)
    {
        var hex = Convert.ToHexStringLower(SHA256.HashData(content));
        File.WriteAllBytes(Path.Combine(blobs, hex), content);
        return new() { ["mediaType"] = mediaType, ["digest"] = $"sha256:{hex}", ["size"] = content.Length };
    }
}
