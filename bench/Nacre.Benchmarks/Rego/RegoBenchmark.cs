using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
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
        BenchmarkRunner.Run<RegoBenchmarks>(config, args);
        return Task.FromResult(0);
    }
}
