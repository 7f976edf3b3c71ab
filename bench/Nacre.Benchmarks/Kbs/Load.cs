using System.Diagnostics;
using System.Globalization;

namespace Nacre.Benchmarks.Kbs;

/// <summary>What a load did.</summary>
/// <param name="PerSecond">Calls that ended well.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
/// <param name="ServerCpu">Milliseconds of the server's processor time for each.</param>
internal sealed record LoadResult(double PerSecond, double P50, double P99, double ServerCpu)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{PerSecond,8:N0} per s   p50 {P50,7:F2} ms   p99 {P99,7:F2} ms   server CPU {ServerCpu,6:F3} ms each");
}

/// <summary>Repeats a call from several clients at once. A call that fails ends the measurement.</summary>
internal static class Load
{
    /// <summary>Each client begins its next call when the one before has ended.</summary>
    public static Task<LoadResult> ClosedAsync(int server, int clients, TimeSpan length, Func<int, Task> call) =>
        MeasureAsync(server, clients, length, call, TimeSpan.Zero);

    /// <summary>Calls begin at fixed times whether or not others have ended, and count from the time they should have begun.</summary>
    /// <param name="server">Whose processor time is counted.</param>
    /// <param name="perSecond">Of all clients together.</param>
    /// <param name="clients">At most so many at once.</param>
    /// <param name="length">Of the measurement.</param>
    /// <param name="call">Gets the number of its client.</param>
    public static Task<LoadResult> OpenAsync(int server, double perSecond, int clients, TimeSpan length, Func<int, Task> call) =>
        MeasureAsync(server, clients, length, call, TimeSpan.FromSeconds(clients / perSecond));

    private static async Task<LoadResult> MeasureAsync(int server, int clients, TimeSpan length, Func<int, Task> call, TimeSpan pace)
    {
        var cpu = ProcessUsage.CpuTime(server);
        var watch = Stopwatch.StartNew();
        var latencies = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            var own = new List<double>();
            var due = pace * client / clients;
            while (watch.Elapsed < length)
            {
                if (pace > TimeSpan.Zero && due - watch.Elapsed is { Ticks: > 0 } early)
                    await Task.Delay(early);
                var since = pace > TimeSpan.Zero ? due : watch.Elapsed;
                await call(client);
                own.Add((watch.Elapsed - since).TotalMilliseconds);
                due += pace;
            }

            return own;
        })));
        var elapsed = watch.Elapsed;
        cpu = ProcessUsage.CpuTime(server) - cpu;
        var sorted = latencies.SelectMany(own => own).Order().ToList();
        return new LoadResult(
            sorted.Count / elapsed.TotalSeconds, sorted[sorted.Count / 2], sorted[sorted.Count * 99 / 100], cpu.TotalMilliseconds / sorted.Count);
    }
}
