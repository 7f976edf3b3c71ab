using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Nacre.Benchmarks.Rego;

/// <summary><c>nacre bench rego</c>.</summary>
internal static class RegoBenchmark
{
    public static Task<int> RunAsync(string[] args)
    {
        var config = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .HideColumns(Column.Error, Column.StdDev);
        var summary = BenchmarkRunner.Run<RegoBenchmarks>(config, args);
        if (Mean(summary, nameof(RegoBenchmarks.OneThread)) is { } one && Mean(summary, nameof(RegoBenchmarks.TwoThreads)) is { } two)
            Console.WriteLine(FormattableString.Invariant($"two threads do {2 * one / two:0.00} times the work of one (target 1.8)"));
        if (Mean(summary, nameof(RegoBenchmarks.HundredRules)) is { } hundred && Mean(summary, nameof(RegoBenchmarks.TenThousandRules)) is { } many)
            Console.WriteLine(FormattableString.Invariant($"10,000 rules take {many / hundred:0.00} times as long as 100 (target at most 2)"));

        return Task.FromResult(0);
    }

    private static double? Mean(Summary summary, string method) =>
        summary.Reports.FirstOrDefault(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == method)?.ResultStatistics?.Mean;
}
