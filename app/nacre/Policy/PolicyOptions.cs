using System.CommandLine;

namespace Nacre.Cli.Policy;

/// <summary>Options that the verbs of <c>nacre policy</c> share, spelled as OPA spells them.</summary>
internal static class PolicyOptions
{
    public static Option<string[]> Data() => new("--data", "-d")
    {
        Description = "File or folder with policies (.rego) and data (.json, .yaml). May be repeated.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    public static Option<string?> Input() => new("--input", "-i") { Description = "File with the input document; - for standard input." };

    public static Option<bool> V0() => new("--v0") { Description = "Read policies in the syntax from before OPA 1.0." };

    public static Option<bool> Strict() => new("--strict-builtin-errors") { Description = "Let an error of a builtin end the evaluation." };

    /// <summary>Runs a verb and turns what policies and files can do wrong into messages.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> run, TextWriter error)
    {
        try
        {
            return await run();
        }
        catch (Rego.RegoException e)
        {
            foreach (var one in e.Errors)
                await error.WriteLineAsync($"nacre: error: {one}{(one.Text.Length > 0 ? $"\n    {one.Text}" : "")}");
            return ExitCode.Local;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"nacre: error: {e.Message}");
            return ExitCode.Local;
        }
    }
}
