namespace Nacre.Cli.Demo;

/// <summary>One numbered step: what is done, and the work, which returns one line of what was proven.</summary>
internal sealed record DemoStep(string Title, Func<CancellationToken, Task<string>> RunAsync);

/// <summary>A step found that something does not hold which the demo is there to show.</summary>
internal sealed class DemoFailedException(string message, string? remedy = null) : Exception(message)
{
    public string? Remedy { get; } = remedy;
}
