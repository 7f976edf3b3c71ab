using System.Diagnostics;

namespace Nacre.EndToEndTests.Cli;

/// <summary>Runs the command line as a person would, in a process of its own.</summary>
internal static class NacreProgram
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    public static async Task<ProgramResult> RunAsync(string[] arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        using var process = Start(arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await WaitAsync(process);
        return new ProgramResult(process.ExitCode, await output, await error);
    }

    public static Process Start(string[] arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        // The full path, so that a test may take the PATH away.
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileName(start.FileName) != "dotnet")
            start.FileName = "/usr/bin/env";
        if (start.FileName == "/usr/bin/env")
            start.ArgumentList.Add("dotnet");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "nacre.dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var name in (ReadOnlySpan<string>)["NACRE_URL", "NACRE_TOKEN", "NACRE_CACERT", "NACRE_TPM", "NACRE_MASTER_KEY"])
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    public static async Task WaitAsync(Process process)
    {
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"the program did not end within {s_limit.TotalSeconds} s", e);
        }
    }
}

internal sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    public void AssertDone() => Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Error}{Output}");

    /// <summary>What a person reads when it fails: an error line, and perhaps a hint; no stack trace.</summary>
    public void AssertFailed(int exitCode, string what)
    {
        Assert.Equal(exitCode, ExitCode);
        var lines = Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith("nacre: ", StringComparison.Ordinal)).ToArray();
        Assert.Contains(lines, line => line.StartsWith("nacre: error: ", StringComparison.Ordinal) && line.Contains(what, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
    }
}
