namespace Nacre.EndToEndTests.Trust;

/// <summary>The real time, plus what a test has skipped.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private long _skipped;

    public void Skip(TimeSpan time) => Interlocked.Add(ref _skipped, time.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _skipped));
}
