namespace Nacre.Storage;

/// <summary>What a server keeps its state in.</summary>
/// <param name="Values">What must never be lost.</param>
/// <param name="Replays">What may be lost with the machine.</param>
public sealed record OpenedStore(IKeyValueStore Values, IReplayCache Replays) : IAsyncDisposable
{
    /// <summary>Waits until no other server starts on this store; null where the data directory's lock says the same.</summary>
    public Func<CancellationToken, Task<IAsyncDisposable>>? TakeStartTurnAsync { get; init; }

    public async ValueTask DisposeAsync()
    {
        await Replays.DisposeAsync();
        await Values.DisposeAsync();
    }
}

/// <summary>Which store.</summary>
public sealed record StoreLocation
{
    /// <summary><c>sqlite</c>, <c>memory</c> or the address of a PostgreSQL database.</summary>
    public string Address { get; init; } = StoreList.Default;

    /// <summary>Holds the files of stores that are files.</summary>
    public required string Directory { get; init; }

    /// <summary>Of a database that asks for one.</summary>
    public string? Password { get; init; }
}
