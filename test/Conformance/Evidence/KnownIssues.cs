using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>
/// Vectors that do not do yet what their manifest says, each with the reason. <c>tee/*</c> stands for all of a folder. One that passes
/// although it is listed fails the test, so that the list only gets shorter.
/// </summary>
internal sealed class KnownIssues
{
    private readonly Dictionary<string, string> _reasons;

    private KnownIssues(Dictionary<string, string> reasons) => _reasons = reasons;

    public static KnownIssues Load([CallerFilePath] string here = "")
    {
        var root = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(here)!, "known-issues.json"))).RootElement;
        return new(root.EnumerateArray().ToDictionary(
            issue => issue.GetProperty("vector").GetString()!, issue => issue.GetProperty("reason").GetString()!));
    }

    public string? Find(string tee, string id) =>
        _reasons.TryGetValue($"{tee}/{id}", out var reason) || _reasons.TryGetValue($"{tee}/*", out reason) ? reason : null;
}
