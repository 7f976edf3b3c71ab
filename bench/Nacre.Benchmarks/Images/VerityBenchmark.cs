using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Nacre.Formats.Verity;
using Nacre.Images.Verity;

namespace Nacre.Benchmarks.Images;

/// <summary>
/// <c>nacre bench verity [--size MB]</c>: the hash tree of a file in memory, by nacre and by veritysetup, turn by turn; whole processes, the
/// median of the rounds. The runtime's start is part of it; the last line is without.
/// </summary>
internal static class VerityBenchmark
{
    private const int Rounds = 5;

    public static async Task<int> RunAsync(string[] args)
    {
        var size = args is ["--size", var text] ? long.Parse(text, CultureInfo.InvariantCulture) << 20 : 512L << 20;
        var folder = Directory.CreateDirectory(Path.Combine("/dev/shm", $"nacre-bench-{Guid.NewGuid():N}")).FullName;
        try
        {
            var (data, own, theirs) = (Path.Combine(folder, "data"), Path.Combine(folder, "own"), Path.Combine(folder, "theirs"));
            await WriteAsync(data, size);
            var runs = new Comparison();
            for (var round = 0; round < Rounds; round++)
            {
                runs.Add(
                    await MeasuredProcess.RunAsync("/usr/sbin/veritysetup", "format", data, theirs),
                    await MeasuredProcess.NacreAsync("verity", "format", data, own));
            }

            Print($"hash tree of {size >> 20} MB            {runs}; peak {runs.PeakResident / 1e6:N0} MB");
            var rate = await ThroughputAsync(data, own, size) / 1e6;
            Print($"the same within a process          {rate,7:N0} MB/s on {Environment.ProcessorCount} cores");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> ThroughputAsync(string data, string hash, long size)
    {
        var tree = new VerityTree(new(VerityAlgorithm.Sha256, 4096, 4096, size / 4096, RandomNumberGenerator.GetBytes(32)), start: 0);
        var best = double.MaxValue;
        using var source = File.OpenHandle(data);
        using var target = File.OpenHandle(hash, FileMode.Create, FileAccess.Write);
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            await new VerityFormatter(tree).WriteAsync(source, target, data, CancellationToken.None);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return size / best;
    }

    private static async Task WriteAsync(string path, long size)
    {
        await using var file = File.Create(path);
        for (var left = size; left > 0; left -= 1 << 20)
            await file.WriteAsync(RandomNumberGenerator.GetBytes(1 << 20));
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
