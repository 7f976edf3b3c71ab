using System.Text.Json.Nodes;
using Nacre.Images.References;

namespace Nacre.Images.Oci;

/// <summary>A manifest or index exactly as it was received; its digest is over these bytes.</summary>
public sealed record StoredManifest(ReadOnlyMemory<byte> Bytes, string MediaType)
{
    public const int LargestManifest = 4 << 20;

    public Digest Digest { get; } = Digest.Sha256(Bytes.Span);

    public bool IsIndex => MediaTypes.IsIndex(MediaType);

    /// <summary>
    /// Takes the media type from the document, and refuses a document that could be read as two things: the transport's type differs,
    /// or it has the members of both a manifest and an index (CVE-2021-41190).
    /// </summary>
    public static StoredManifest Read(ReadOnlyMemory<byte> bytes, string? transportType, string where)
    {
        var json = OciJson.Parse(bytes.Span, where);
        var inside = OciJson.FindText(json, "mediaType", where);
        var outside = MediaTypes.IsIndex(transportType ?? "") || MediaTypes.IsManifest(transportType ?? "") ? transportType : null;
        if (inside is not null && outside is not null && inside != outside)
            throw OciJson.Malformed($"it says it is {inside}, the registry says {outside}", where);

        var type = inside ?? outside ?? (json.ContainsKey("manifests") ? MediaTypes.OciIndex : MediaTypes.OciManifest);
        if (!MediaTypes.IsIndex(type) && !MediaTypes.IsManifest(type))
        {
            throw new ImageException(ImageFault.Unsupported, $"a manifest of type {type}", where,
                "push the image again in OCI or docker schema 2 format");
        }

        if (json.ContainsKey("manifests") && (json.ContainsKey("layers") || json.ContainsKey("config")))
            throw OciJson.Malformed("it is both an index and a manifest", where);
        if (OciJson.Number(json, "schemaVersion", where) != 2)
            throw OciJson.Malformed("'schemaVersion' must be 2", where);

        return new(bytes, type);
    }

    internal JsonObject Json(string where) => OciJson.Parse(Bytes.Span, where);
}
