using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Images.References;

namespace Nacre.Images.Oci;

/// <summary>Names content by media type, digest and size in bytes (image-spec descriptor.md).</summary>
public sealed record Descriptor(string MediaType, Digest Digest, long Size)
{
    private const int MostAnnotations = 256;

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public Platform? Platform { get; init; }

    /// <summary>Of a manifest that refers to another one.</summary>
    public string? ArtifactType { get; init; }

    internal static Descriptor Read(JsonObject json, string where)
    {
        var size = OciJson.Number(json, "size", where);
        if (size < 0)
            throw OciJson.Malformed($"'size' is {size}", where);

        return new(OciJson.Text(json, "mediaType", where), OciJson.Digest(json, "digest", where), size)
        {
            Annotations = ReadAnnotations(json, where),
            ArtifactType = OciJson.FindText(json, "artifactType", where),
            Platform = OciJson.FindObject(json, "platform", where) is { } platform ? Platform.Read(platform, where) : null,
        };
    }

    internal static IReadOnlyDictionary<string, string> ReadAnnotations(JsonObject json, string where)
    {
        if (OciJson.FindObject(json, "annotations", where) is not { } annotations)
            return new Dictionary<string, string>();
        if (annotations.Count > MostAnnotations)
            throw OciJson.Malformed($"there are {annotations.Count} annotations, at most {MostAnnotations} are read", where);

        return annotations.ToDictionary(pair => pair.Key, pair => OciJson.Text(annotations, pair.Key, where));
    }

    internal JsonObject ToJson()
    {
        var json = new JsonObject { ["mediaType"] = MediaType, ["digest"] = Digest.ToString(), ["size"] = Size };
        if (Annotations.Count > 0)
            json["annotations"] = new JsonObject(Annotations.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        return json;
    }
}

/// <summary>For what a manifest in an index is built (image-spec image-index.md); names as in Go.</summary>
public sealed record Platform(string Os, string Architecture, string? Variant)
{
    /// <summary>The number of the variant, by the architecture's first when there is none (amd64 v1, arm v7, arm64 v8); -1 for other names.</summary>
    internal int Level => (Architecture, Variant) switch
    {
        ("amd64", null or "") => 1,
        ("arm", null or "") => 7,
        ("arm64", null or "") => 8,
        (_, null or "") => 0,
        (_, ['v', .. var digits]) when int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var level) => level,
        _ => -1,
    };

    internal static Platform Read(JsonObject json, string where) => new(
        OciJson.FindText(json, "os", where) ?? "",
        OciJson.FindText(json, "architecture", where) ?? "",
        OciJson.FindText(json, "variant", where));

    /// <summary>Whether a machine of this platform can run what was built for another: a newer variant runs older code.</summary>
    internal bool Runs(Platform built) =>
        built.Os == Os && built.Architecture == Architecture && (built.Variant == Variant || (built.Level >= 0 && built.Level <= Level));

    public override string ToString() => $"{Os}/{Architecture}{(string.IsNullOrEmpty(Variant) ? "" : "/" + Variant)}";
}
