using System.Diagnostics;

namespace Nacre.Cli.Demo;

/// <summary>Runs the steps in order, stops at the first that does not hold, and turns what happened into one outcome.</summary>
internal static class DemoRunner
{
    public static async Task<DemoOutcome> RunAsync(IReadOnlyList<DemoStep> steps, IDemoReport report, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var done = 0;
        try
        {
            foreach (var step in steps)
            {
                await report.RunAsync(done + 1, steps.Count, step, cancel);
                done++;
            }

            return new DemoOutcome(Ok: true, done, Stopwatch.GetElapsedTime(start));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return new DemoOutcome(Ok: false, done, Stopwatch.GetElapsedTime(start), "interrupted; everything the demo started has been stopped");
        }
        catch (Exception e) when (CommandError.From(e) is { } error)
        {
            return new DemoOutcome(Ok: false, done, Stopwatch.GetElapsedTime(start), error.Message, error.Remedy);
        }
    }
}
