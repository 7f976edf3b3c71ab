namespace Nacre.Cli.Demo;

/// <summary>One numbered step: what is done, and the work, which returns one line of what was proven.</summary>
internal sealed record DemoStep(string Title, Func<CancellationToken, Task<string>> RunAsync);
