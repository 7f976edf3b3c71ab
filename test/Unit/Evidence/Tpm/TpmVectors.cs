using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Nacre.Formats;

namespace Nacre.UnitTests.Evidence.Tpm;

/// <summary>The shared vectors at <c>$NACRE_SHARED/vectors/tpm</c>, else beside the repository. Missing in CI they fail, elsewhere they skip.</summary>
internal static class TpmVectors
{
    public static byte[] Read(string file) => File.ReadAllBytes(PathOf(file));

    public static string ReadText(string file) => File.ReadAllText(PathOf(file));

    /// <summary>The contents of a TPM2B file.</summary>
    public static byte[] ReadSized(string file) => new StructReader(file, Read(file)).Sized16BE("contents", ushort.MaxValue).ToArray();

    /// <summary>The manifest's entries that say what a parse must find.</summary>
    public static IEnumerable<(string File, JsonNode Expected)> Attests() =>
        from entry in JsonNode.Parse(ReadText("MANIFEST.json"))!["files"]!.AsArray()
        let file = (string)entry!["file"]!
        where (file.EndsWith(".msg", StringComparison.Ordinal) || file == "keylime/quote.out") && entry["expected"] is not null
        select (file, entry["expected"]!);

    private static string PathOf(string file)
    {
        var shared = Environment.GetEnvironmentVariable("NACRE_SHARED") ?? Path.Combine(Root(), "..", "shared");
        var path = Path.Combine(shared, "vectors", "tpm", file);
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("CI") is null or "")
            Assert.SkipUnless(File.Exists(path), $"{path} is missing; set NACRE_SHARED");

        return path;
    }

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", ".."));
}
