namespace Nacre.KeyBroker.Health;

/// <summary>One thing that a server needs, and how to tell that it is there.</summary>
/// <param name="Name">Short, and the same in every version.</param>
/// <param name="IsVital">Without it nothing should be sent here; otherwise it is only told.</param>
/// <param name="CheckAsync">The trouble in words that anyone may read, null for none. May throw; the exception is for the log.</param>
public sealed record HealthPart(string Name, bool IsVital, Func<CancellationToken, ValueTask<string?>> CheckAsync);

/// <param name="Name">Of the part.</param>
/// <param name="IsVital">As in the part.</param>
/// <param name="Trouble">Null for none.</param>
/// <param name="Took">The check.</param>
public sealed record HealthFinding(string Name, bool IsVital, string? Trouble, TimeSpan Took);
