using Nacre.Storage.Memory;
using Nacre.Storage.Postgres;
using Nacre.Storage.Sqlite;

namespace Nacre.Storage;

/// <summary>The kinds of store. To add one: a folder, a line here, and a subclass of the contract tests.</summary>
public static class StoreList
{
    public const string Default = "sqlite";

    private const string Forms = "sqlite, memory or postgres://USER@HOST/DATABASE";

    /// <exception cref="StoreException">There is no such kind, or the store cannot be opened.</exception>
    public static async Task<OpenedStore> OpenAsync(StoreLocation location, TimeProvider clock, CancellationToken cancel) => location.Address switch
    {
        "sqlite" => new(
            SqliteStore.Open(Path.Combine(location.Directory, "store.db")),
            SqliteReplayCache.Open(Path.Combine(location.Directory, "nonces.db"), clock)),
        "memory" => new(new MemoryStore(), new MemoryReplayCache(clock)),
        var address when PostgresLocation.IsOne(address) => await OpenPostgresAsync(address, location.Password, clock, cancel),
        var other => throw new StoreException($"'{other}' is no store; use {Forms}"),
    };

    private static async Task<OpenedStore> OpenPostgresAsync(string address, string? password, TimeProvider clock, CancellationToken cancel)
    {
        var store = await PostgresStore.OpenAsync(address, password, clock, cancel);
        return new(store, PostgresReplayCache.Open(address, password, clock)) { TakeStartTurnAsync = store.TakeStartTurnAsync };
    }
}
