namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>A clock whose date the test sets; waits take real time.</summary>
internal sealed class HandClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
