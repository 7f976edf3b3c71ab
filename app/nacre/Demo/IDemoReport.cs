namespace Nacre.Cli.Demo;

/// <summary>Shows the steps to whoever started the demo: a person or a program.</summary>
internal interface IDemoReport
{
    /// <summary>Shows that the step runs, runs it, and shows what came of it. Lets its exceptions through.</summary>
    Task<string> RunAsync(int number, int count, DemoStep step, CancellationToken cancel);

    void End(DemoOutcome outcome);
}

/// <param name="Ok">Every step held.</param>
/// <param name="Steps">How many steps held.</param>
/// <param name="Elapsed">From the first step to the last.</param>
/// <param name="Error">What did not hold, or went wrong; null if all is well.</param>
/// <param name="Remedy">What to do about it, when that is known.</param>
internal sealed record DemoOutcome(bool Ok, int Steps, TimeSpan Elapsed, string? Error = null, string? Remedy = null);
