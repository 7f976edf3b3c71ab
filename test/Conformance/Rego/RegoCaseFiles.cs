using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Nacre.Rego;

namespace Nacre.ConformanceTests.Rego;

/// <summary>Reads the folders of cases: one of OPA's form in either syntax, or a folder that holds several.</summary>
public static class RegoCaseFiles
{
    private static readonly Lazy<IReadOnlyDictionary<string, RegoCase>> s_all = new(Read);

    public static IReadOnlyDictionary<string, RegoCase> All => s_all.Value;

    /// <summary><c>NACRE_REGO_CASES</c>, else <c>rego-cases</c> in <c>NACRE_SHARED</c>, else beside the repository.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("NACRE_REGO_CASES")
        ?? (Environment.GetEnvironmentVariable("NACRE_SHARED") is { } shared ? Path.Combine(shared, "rego-cases") : BesideRepository());

    private static string BesideRepository([CallerFilePath] string here = "")
    {
        for (var folder = new DirectoryInfo(Path.GetDirectoryName(here)!); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "rego-cases");
            if (Directory.Exists(candidate))
                return candidate;
        }

        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "..", "shared", "rego-cases"));
    }

    private static Dictionary<string, RegoCase> Read()
    {
        var cases = new Dictionary<string, RegoCase>();
        if (!Directory.Exists(Folder))
            return cases;

        foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(Folder, file);
            var read = Path.GetExtension(file) switch
            {
                ".json" => ReadJson(file, name),
                ".yaml" or ".yml" => RegoYamlCases.Read(file, name),
                _ => [],
            };
            foreach (var one in read)
                cases.Add(one.Id, one);
        }

        return cases;
    }

    // The folder says it, such as opa-v0: the nearest one whose name has v0 or v1 as a word.
    private static RegoSyntax SyntaxOf(string file) =>
        Path.GetFullPath(file).Split(Path.DirectorySeparatorChar, '-', '_').LastOrDefault(word => word is "v0" or "v1") == "v0" ? RegoSyntax.V0 : RegoSyntax.V1;

    private static IEnumerable<RegoCase> ReadJson(string file, string name)
    {
        if (JsonNode.Parse(File.ReadAllText(file)) is not JsonObject document || document["cases"] is not JsonArray cases)
            yield break;

        var number = 0;
        foreach (var node in cases)
        {
            var c = node!.AsObject();
            yield return new RegoCase
            {
                Id = $"{name}#{number++} {c["note"]}",
                Category = Path.GetDirectoryName(name) ?? "",
                Query = (string)c["query"]!,
                Syntax = SyntaxOf(file),
                Modules = c["modules"] is JsonArray modules ? [.. modules.Select(module => (string)module!)] : [],
                Data = Value(c["data"]),
                Input = c.ContainsKey("input") ? RegoValue.Parse(c["input"]?.ToJsonString() ?? "null") : null,
                InputTerm = (string?)c["input_term"],
                IsStrict = (bool?)c["strict_error"] ?? false,
                WantErrorCode = (string?)c["want_error_code"],
                WantError = (string?)c["want_error"] ?? (c.ContainsKey("want_error_code") ? "" : null),
                WantDefined = (bool?)c["want_defined"],
                WantBindings = c["want_result"]?.AsArray(),
                SortBindings = (bool?)c["sort_bindings"] ?? false,
            };
        }
    }

    private static RegoValue? Value(JsonNode? node) => node is null ? null : RegoValue.Parse(node.ToJsonString());
}
