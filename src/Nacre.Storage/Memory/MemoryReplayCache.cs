namespace Nacre.Storage.Memory;

/// <summary>For one process.</summary>
public sealed class MemoryReplayCache(TimeProvider clock) : IReplayCache
{
    /// <summary>Bounds the memory; beyond it everything is refused, nothing forgotten.</summary>
    private const int MaxIds = 2_000_000;

    private readonly Lock _gate = new();
    private readonly SortedSet<(long Expires, string Id)> _used = [];

    public ValueTask<bool> TryUseAsync(ReadOnlyMemory<byte> id, DateTimeOffset expires, CancellationToken cancel)
    {
        IReplayCache.Require(id);
        cancel.ThrowIfCancellationRequested();
        var forget = (clock.GetUtcNow() - IReplayCache.Slack).ToUnixTimeMilliseconds();
        lock (_gate)
        {
            while (_used.Count > 0 && _used.Min.Expires < forget)
                _used.Remove(_used.Min);

            return ValueTask.FromResult(_used.Count < MaxIds && _used.Add((expires.ToUnixTimeMilliseconds(), Convert.ToHexString(id.Span))));
        }
    }

    /// <summary>How many it remembers.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _used.Count;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
