using System.Diagnostics;
using System.Globalization;

namespace Nacre.Benchmarks.Images;

/// <summary>What one run of a program took.</summary>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="PeakResident">Bytes: VmHWM as last seen before it ended.</param>
/// <param name="Processor">Seconds of processor time, as last seen.</param>
/// <param name="Output">What it wrote to its standard output.</param>
internal sealed record Run(double Seconds, long PeakResident, double Processor, string Output);

/// <summary>Runs a program to its end and watches the high-water mark of its resident set.</summary>
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
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} is not installed");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        var ended = process.WaitForExitAsync();
        var (peak, processor) = (0L, 0d);
        while (!ended.IsCompleted)
        {
            peak = Math.Max(peak, HighWaterMark(process.Id));
            processor = Math.Max(processor, ProcessorTime(process.Id));
            await Task.WhenAny(ended, Task.Delay(s_look));
        }

        var seconds = watch.Elapsed.TotalSeconds;
        return process.ExitCode == 0
            ? new(seconds, peak, processor, await output)
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

    // proc(5): user and system time in ticks of 10 ms are the 12th and 13th fields after the name, which stands in brackets.
    private static double ProcessorTime(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[11], CultureInfo.InvariantCulture) + int.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
