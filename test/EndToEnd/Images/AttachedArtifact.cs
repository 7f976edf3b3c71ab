using System.Text;
using System.Text.Json.Nodes;
using Nacre.Images;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Registry;

namespace Nacre.EndToEndTests.Images;

/// <summary>Attaches an artifact to an image, found by the tag that stands for the referrers API in older registries.</summary>
internal static class AttachedArtifact
{
    /// <returns>The digest of the artifact's manifest.</returns>
    public static async Task<Digest> AttachAsync(RegistryImage image, string artifactType, string layerType, byte[] content, Action<JsonObject>? change = null)
    {
        var subject = await image.GetManifestAsync(null, CancellationToken.None);
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.OciManifest,
            ["artifactType"] = artifactType,
            ["config"] = await PutAsync(image, MediaTypes.OciEmpty, "{}"u8.ToArray()),
            ["layers"] = new JsonArray(await PutAsync(image, layerType, content)),
            ["subject"] = new JsonObject { ["mediaType"] = subject.MediaType, ["digest"] = subject.Digest.ToString(), ["size"] = subject.Bytes.Length },
        };
        change?.Invoke(manifest);
        var stored = new StoredManifest(Encoding.UTF8.GetBytes(manifest.ToJsonString()), MediaTypes.OciManifest);
        await image.PutManifestAsync(stored, own: false, CancellationToken.None);

        await using var list = image.WithTag($"{subject.Digest.Algorithm}-{subject.Digest.Hex}");
        var index = await ReadIndexAsync(list);
        index["manifests"]!.AsArray().Add((JsonNode)new JsonObject
        {
            ["mediaType"] = MediaTypes.OciManifest,
            ["digest"] = stored.Digest.ToString(),
            ["size"] = stored.Bytes.Length,
            ["artifactType"] = artifactType,
        });
        await list.PutManifestAsync(new(Encoding.UTF8.GetBytes(index.ToJsonString()), MediaTypes.OciIndex), own: true, CancellationToken.None);
        return stored.Digest;
    }

    private static async Task<JsonObject> ReadIndexAsync(RegistryImage list)
    {
        try
        {
            return JsonNode.Parse((await list.GetManifestAsync(null, CancellationToken.None)).Bytes.Span)!.AsObject();
        }
        catch (ImageException e) when (e.Fault == ImageFault.NotFound)
        {
            return new() { ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciIndex, ["manifests"] = new JsonArray() };
        }
    }

    private static async Task<JsonObject> PutAsync(RegistryImage image, string mediaType, byte[] content)
    {
        var blob = await image.PutBlobAsync(new MemoryStream(content), CancellationToken.None);
        return new() { ["mediaType"] = mediaType, ["digest"] = blob.Digest.ToString(), ["size"] = blob.Size };
    }
}
