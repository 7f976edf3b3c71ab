using System.Globalization;

namespace Nacre.Benchmarks;

/// <summary>What the kernel counts for another process (proc(5)).</summary>
internal static class ProcessUsage
{
    /// <summary>User and system time: fields 14 and 15 of <c>/proc/PID/stat</c>, in ticks of 10 ms.</summary>
    public static TimeSpan CpuTime(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromMilliseconds(ticks * 10);
    }

    /// <summary>Bytes of its memory that are resident now.</summary>
    public static long Resident(int process) =>
        long.Parse(File.ReadAllText($"/proc/{process}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
