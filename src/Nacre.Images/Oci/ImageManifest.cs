using Nacre.Images.References;

namespace Nacre.Images.Oci;

/// <summary>One image for one platform: its configuration and its layers, bottom first (image-spec manifest.md).</summary>
public sealed record ImageManifest(StoredManifest Stored, Descriptor Config, IReadOnlyList<Descriptor> Layers)
{
    public const int MostLayers = 512;

    public Digest Digest => Stored.Digest;

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public static ImageManifest Parse(StoredManifest stored, string where)
    {
        if (stored.IsIndex)
            throw OciJson.Malformed("an index stands where a manifest is expected", where);

        var json = stored.Json(where);
        return new(
            stored,
            Descriptor.Read(OciJson.Object(json, "config", where), $"{where}, config"),
            [.. OciJson.Objects(json, "layers", MostLayers, where).Select((layer, i) => Descriptor.Read(layer, $"{where}, layer {i + 1}"))])
        {
            Annotations = Descriptor.ReadAnnotations(json, where),
        };
    }
}

/// <summary>The manifests of one image for several platforms (image-spec image-index.md).</summary>
public sealed record ImageIndex(IReadOnlyList<Descriptor> Manifests)
{
    public const int MostManifests = 1024;

    public static ImageIndex Parse(StoredManifest stored, string where) =>
        new([.. OciJson.Objects(stored.Json(where), "manifests", MostManifests, where)
            .Select((item, i) => Descriptor.Read(item, $"{where}, manifest {i + 1}"))]);

    /// <summary>
    /// The manifest for a platform: of those that the machine can run, the one for the newest variant. An image for a newer variant than the
    /// one that is asked for would end in an illegal instruction, so it is no match.
    /// </summary>
    public Descriptor Require(Platform platform, string where) =>
        Manifests.Where(item => item.Platform is { } built && platform.Runs(built)).MaxBy(item => item.Platform!.Level) ?? throw new ImageException(
            ImageFault.NotFound,
            $"there is no image for {platform}, only for {string.Join(", ", Manifests.Select(item => item.Platform).OfType<Platform>())}",
            where, "use an image that was built for this platform");
}
