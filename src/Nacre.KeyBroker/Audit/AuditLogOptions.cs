namespace Nacre.KeyBroker.Audit;

/// <summary>Where and how the audit record is kept.</summary>
public sealed record AuditLogOptions
{
    /// <summary>Holds the segments of every process that uses it; made when it does not exist.</summary>
    public required string Directory { get; init; }

    /// <summary>A segment that has grown so far is followed by another.</summary>
    public long MaxSegmentBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How far the store may lag behind the end of the chain: what is cut off within this time of a crash is not missed.</summary>
    public TimeSpan AnchorEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Told of each group that was flushed: its lines, and how long it took.</summary>
    public Action<int, TimeSpan>? Flushed { get; init; }
}
