using System.Text;
using System.Text.Json;

namespace Nacre.Benchmarks.Evidence;

/// <summary>Genuine evidence to measure with: the cases of the manifests in <c>$NACRE_SHARED/vectors</c>, else <c>../shared/vectors</c>.</summary>
internal sealed class EvidenceVectors(string root)
{
    public static EvidenceVectors Find()
    {
        var shared = Environment.GetEnvironmentVariable("NACRE_SHARED");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); shared is null && folder is not null; folder = folder.Parent)
            if (Directory.Exists(Path.Combine(folder.FullName, "shared", "vectors")))
                shared = Path.Combine(folder.FullName, "shared");

        return shared is not null && Directory.Exists(Path.Combine(shared, "vectors"))
            ? new(Path.Combine(shared, "vectors"))
            : throw new InvalidOperationException("there is no evidence to measure with: set NACRE_SHARED to the folder that holds vectors/");
    }

    /// <summary>The first case whose verdict is wanted.</summary>
    public EvidenceCase Case(string tee, Predicate<string> isWanted)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(root, tee, "MANIFEST.json")));
        foreach (var one in manifest.RootElement.GetProperty("cases").EnumerateArray())
        {
            if (!isWanted(one.GetProperty("verdict").GetString()!))
                continue;

            var inputs = one.GetProperty("inputs").EnumerateObject().ToDictionary(
                input => input.Name, input => Read(Path.Combine(root, tee, input.Value.GetString()!)));
            return new(one.GetProperty("id").GetString()!, inputs, one.GetProperty("evaluate_at").GetDateTimeOffset());
        }

        throw new InvalidOperationException($"no case of {tee} can be measured with");
    }

    /// <summary>The first file in CoCo's JSON with this verdict.</summary>
    public byte[] Json(string tee, string verdict)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(root, tee, "MANIFEST.json")));
        var file = manifest.RootElement.GetProperty("files").EnumerateArray().First(
            one => one.GetProperty("verdict").GetString() == verdict && one.GetProperty("file").GetString()!.EndsWith(".json", StringComparison.Ordinal));
        return File.ReadAllBytes(Path.Combine(root, tee, file.GetProperty("file").GetString()!));
    }

    private static byte[] Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return path.EndsWith(".hex", StringComparison.Ordinal) ? Convert.FromHexString(Encoding.ASCII.GetString(bytes).Trim()) : bytes;
    }
}

internal sealed record EvidenceCase(string Id, IReadOnlyDictionary<string, byte[]> Inputs, DateTimeOffset At);
