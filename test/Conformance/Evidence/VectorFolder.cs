using System.Runtime.CompilerServices;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The folder of real evidence: <c>$NACRE_SHARED/vectors</c>, else <c>../shared/vectors</c> beside the repository.</summary>
internal static class VectorFolder
{
    /// <summary>Null when there is none on this machine.</summary>
    public static string? Find([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
        var shared = Environment.GetEnvironmentVariable("NACRE_SHARED") ?? Path.Combine(root, "..", "shared");
        var vectors = Path.GetFullPath(Path.Combine(shared, "vectors"));
        return File.Exists(Path.Combine(vectors, "INDEX.json")) ? vectors : null;
    }
}
