using System.Text.Json;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>One MANIFEST.json: what its files and cases are and what a verifier must say of them.</summary>
internal sealed class VectorManifest
{
    private VectorManifest(string tee, string folder, JsonElement root)
    {
        (Tee, Folder) = (tee, folder);
        Files = [.. root.GetProperty("files").EnumerateArray().Select(file => new VectorEntry(this, file, file.GetProperty("file").GetString()!))];
        Cases = [.. root.GetProperty("cases").EnumerateArray().Select(c => new VectorEntry(this, c, c.GetProperty("id").GetString()!))];
    }

    public string Tee { get; }
    public string Folder { get; }
    public IReadOnlyList<VectorEntry> Files { get; }
    public IReadOnlyList<VectorEntry> Cases { get; }

    public static IReadOnlyList<VectorManifest> LoadAll(string folder)
    {
        var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "INDEX.json"))).RootElement;
        var manifests = new List<VectorManifest>();
        foreach (var tee in index.GetProperty("tees").EnumerateObject())
        {
            var path = Path.Combine(folder, tee.Value.GetProperty("manifest").GetString()!);
            var root = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
            manifests.Add(new(tee.Name, Path.GetDirectoryName(path)!, root));
        }

        return manifests;
    }
}

/// <summary>A file or a case of a manifest.</summary>
internal sealed record VectorEntry(VectorManifest Manifest, JsonElement Json, string Id)
{
    /// <summary>For cases that name no time: a time at which the certificates of most vectors are valid.</summary>
    private static readonly DateTimeOffset s_usual = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    public string Verdict => Json.GetProperty("verdict").GetString()!;

    public DateTimeOffset EvaluateAt => Find("evaluate_at") is { } at ? at.GetDateTimeOffset() : s_usual;

    public JsonElement? Expected => Find("expected");

    public JsonElement? Find(string member) =>
        Json.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string? Text(string member) => Find(member)?.GetString();

    /// <summary>Content of the file of this entry.</summary>
    public byte[] Read() => Manifest.Read(Id);

    /// <summary>Content of one input of a case; null when the case has none of that name.</summary>
    public byte[]? Input(string name) => InputPath(name) is { } path ? Manifest.Read(path) : null;

    public string? InputPath(string name) => Json.GetProperty("inputs").TryGetProperty(name, out var path) ? path.GetString() : null;
}

internal static class VectorManifestFiles
{
    public static byte[] Read(this VectorManifest manifest, string path)
    {
        var bytes = File.ReadAllBytes(Path.Combine(manifest.Folder, path));

        // A text of hexadecimal digits stands for its bytes.
        return path.EndsWith(".hex", StringComparison.Ordinal) ? Convert.FromHexString(System.Text.Encoding.ASCII.GetString(bytes).Trim()) : bytes;
    }
}
