using System.Text.Json.Nodes;
using Nacre.Images.References;

namespace Nacre.Images.Oci;

/// <summary>What the image says about itself and how it wants to be run (image-spec config.md).</summary>
public sealed record ImageConfig
{
    public const int LargestConfig = 4 << 20;

    public required string Os { get; init; }
    public required string Architecture { get; init; }

    /// <summary>Digests of the uncompressed, unencrypted tar of each layer, bottom first.</summary>
    public required IReadOnlyList<Digest> DiffIds { get; init; }

    public string User { get; init; } = "";
    public IReadOnlyList<string> Environment { get; init; } = [];
    public IReadOnlyList<string> Entrypoint { get; init; } = [];
    public IReadOnlyList<string> Command { get; init; } = [];
    public string WorkingDirectory { get; init; } = "";
    public IReadOnlyList<string> Volumes { get; init; } = [];
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];
    public string? StopSignal { get; init; }
    public string? Author { get; init; }
    public string? Created { get; init; }
    public string? Variant { get; init; }
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public static ImageConfig Parse(ReadOnlySpan<byte> json, string where)
    {
        var root = OciJson.Parse(json, where);
        var rootfs = OciJson.Object(root, "rootfs", where);
        if (OciJson.Text(rootfs, "type", where) != "layers")
            throw OciJson.Malformed("'rootfs.type' must be 'layers'", where);

        var run = OciJson.FindObject(root, "config", where) ?? [];
        return new()
        {
            Os = OciJson.Text(root, "os", where),
            Architecture = OciJson.Text(root, "architecture", where),
            Variant = OciJson.FindText(root, "variant", where),
            Author = OciJson.FindText(root, "author", where),
            Created = OciJson.FindText(root, "created", where),
            DiffIds = [.. OciJson.Texts(rootfs, "diff_ids", ImageManifest.MostLayers, where)
                .Select(text => Digest.TryParse(text, out var digest) ? digest : throw OciJson.Malformed($"diff_id '{text}'", where))],
            User = OciJson.FindText(run, "User", where) ?? "",
            Environment = OciJson.Texts(run, "Env", 4096, where),
            Entrypoint = OciJson.Texts(run, "Entrypoint", 4096, where),
            Command = OciJson.Texts(run, "Cmd", 4096, where),
            WorkingDirectory = OciJson.FindText(run, "WorkingDir", where) ?? "",
            Volumes = Keys(run, "Volumes", where),
            ExposedPorts = Keys(run, "ExposedPorts", where),
            StopSignal = OciJson.FindText(run, "StopSignal", where),
            Labels = ReadLabels(run, where),
        };
    }

    private static List<string> Keys(JsonObject owner, string member, string where) =>
        OciJson.FindObject(owner, member, where)?.Select(pair => pair.Key).Order(StringComparer.Ordinal).ToList() ?? [];

    private static Dictionary<string, string> ReadLabels(JsonObject run, string where) =>
        OciJson.FindObject(run, "Labels", where) is { } labels
            ? labels.ToDictionary(pair => pair.Key, pair => OciJson.FindText(labels, pair.Key, where) ?? "")
            : [];
}
