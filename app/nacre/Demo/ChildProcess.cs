using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Nacre.Cli.Demo;

/// <summary>
/// A server that the demo or a test runs on loopback. It writes to a log file, hears no Ctrl-C of ours, and never outlives this process
/// unless it is told to.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    // The kernel sends the parent-death signal when the *thread* that forked ends, so a pool thread must not be the one that forks.
    private static readonly BlockingCollection<Action> s_starts = StartThread();

    private readonly Process _process;

    private ChildProcess(Process process, string logFile) => (_process, LogFile) = (process, logFile);

    public string LogFile { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <param name="program">A program on the PATH, or a full path.</param>
    /// <param name="arguments">Passed as they are; no shell looks at them.</param>
    /// <param name="logFile">Where its output goes, appended.</param>
    /// <param name="outlives">Leave it running when this process ends.</param>
    /// <param name="package">The Debian package it is in, when its name is another.</param>
    /// <param name="environment">Variables to set besides the inherited ones.</param>
    /// <exception cref="CommandException">The program is not installed.</exception>
    public static async Task<ChildProcess> StartAsync(
        string program,
        IReadOnlyList<string> arguments,
        string logFile,
        bool outlives = false,
        string? package = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        if (FindProgram(program) is not { } path)
            throw new CommandException($"{program} is not installed", $"apt-get install {package ?? program}");

        // setsid: Ctrl-C in the terminal must reach this process only, which then ends its children in order.
        var start = new ProcessStartInfo("setsid") { UseShellExecute = false };
        if (!outlives)
        {
            foreach (var argument in (ReadOnlySpan<string>)["setpriv", "--pdeathsig", "KILL"])
                start.ArgumentList.Add(argument);
        }

        // The shell opens the log, so that no pipe ties the child to us or to whoever reads our output.
        foreach (var argument in (ReadOnlySpan<string>)["sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", logFile, path])
            start.ArgumentList.Add(argument);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Win32Exception e)
            {
                started.SetException(new CommandException($"{program} could not be started: {e.Message}", "apt-get install util-linux"));
            }
        });
        return new ChildProcess(await started.Task, logFile);
    }

    /// <summary>Waits until <paramref name="isUp"/> says so; a child that ends before that is an error with the end of its log.</summary>
    public async Task WaitUntilAsync(Func<CancellationToken, Task<bool>> isUp, TimeSpan limit, string what, CancellationToken cancel)
    {
        var deadline = Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency);
        while (!await isUp(cancel))
        {
            if (HasExited)
                throw new CommandException($"{what} ended at once: {LastLogLine()}");
            if (Stopwatch.GetTimestamp() > deadline)
                throw new CommandException($"{what} did not answer within {limit.TotalSeconds:F0} s: {LastLogLine()}");
            await Task.Delay(20, cancel);
        }
    }

    public string LastLogLine() =>
        File.Exists(LogFile) ? File.ReadLines(LogFile).LastOrDefault(line => line.Length > 0) ?? "(no output)" : "(no output)";

    /// <summary>Waits for its end, which must be a good one.</summary>
    public async Task RunToEndAsync(TimeSpan limit, string what, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        either.CancelAfter(limit);
        try
        {
            await _process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CommandException($"{what} did not end within {limit.TotalSeconds:F0} s: {LastLogLine()}");
        }

        if (_process.ExitCode != 0)
            throw new CommandException($"{what} failed with exit code {_process.ExitCode}: {LastLogLine()}");
    }

    /// <summary>Asks it to end, and after three seconds makes it. Whoever wants it to outlive this process does not dispose it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var terminate = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
    }

    /// <summary>The full path of a program; null when it is not installed.</summary>
    public static string? FindProgram(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
            return File.Exists(program) ? program : null;

        // runc and others live in sbin, which is not on every user's PATH.
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/sbin"]);
        return folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }

    private static BlockingCollection<Action> StartThread()
    {
        var starts = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var start in starts.GetConsumingEnumerable())
                start();
        })
        { IsBackground = true, Name = "starts child processes" }.Start();
        return starts;
    }
}
