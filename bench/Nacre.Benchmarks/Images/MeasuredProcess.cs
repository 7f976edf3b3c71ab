using System.Diagnostics;
using System.Globalization;

namespace Nacre.Benchmarks.Images;

/// <summary>What one run of a program took.</summary>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="Processor">Seconds of processor time, of the program and of its children.</param>
/// <param name="PeakResident">Bytes: VmHWM as last seen before it ended.</param>
/// <param name="Output">What it wrote to its standard output.</param>
internal sealed record Run(double Seconds, double Processor, long PeakResident, string Output);

/// <summary>
/// Runs a program to its end and watches the high-water mark of its resident set. One after the other: processor time is what the children
/// that have ended meanwhile took.
/// </summary>
internal static class MeasuredProcess
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(10);

    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public static async Task<Run> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var before = ChildrenTime.Seconds();
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} is not installed");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        var ended = process.WaitForExitAsync();
        var peak = 0L;
        while (!ended.IsCompleted)
        {
            peak = Math.Max(peak, HighWaterMark(process.Id));
            await Task.WhenAny(ended, Task.Delay(s_look));
        }

        var seconds = watch.Elapsed.TotalSeconds;
        return process.ExitCode == 0
            ? new(seconds, ChildrenTime.Seconds() - before, peak, await output)
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error}");
    }

    public static Task<Run> NacreAsync(params string[] arguments) =>
        RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "nacre.dll"), .. arguments]);

    private static long HighWaterMark(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim()[..^3], CultureInfo.InvariantCulture) << 10;
        }
        catch (IOException)
        {
            // It has just ended.
            return 0;
        }
    }
}
