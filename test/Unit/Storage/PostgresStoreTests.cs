using System.Collections.Concurrent;
using Nacre.Storage;
using Nacre.Storage.Postgres;
using Npgsql;

namespace Nacre.UnitTests.Storage;

[Trait("Group", "StoragePostgres")]
public sealed class PostgresStoreTests(PostgresServer server) : KeyValueStoreContract, IClassFixture<PostgresServer>
{
    private string? _database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected override async Task<IKeyValueStore> OpenAsync() =>
        await PostgresStore.OpenAsync(_database ??= await server.CreateDatabaseAsync(), null, TimeProvider.System, Cancel);

    [Fact]
    public async Task Servers_that_start_together_make_the_tables_once()
    {
        _database = await server.CreateDatabaseAsync();
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OpenAsync()));
        await stores[0].SetAsync("space", "key", [1], WriteCondition.None, Cancel);

        Assert.Equal([1], (await stores[5].FindAsync("space", "key", Cancel))!.Value);
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    [Fact]
    public async Task Replicas_count_right_under_concurrent_compare_and_set()
    {
        await using var one = await OpenAsync();
        await using var two = await OpenAsync();
        await one.SetAsync("space", "counter", [0, 0], WriteCondition.None, Cancel);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var store = worker % 2 == 0 ? one : two;
            for (var done = 0; done < 20;)
            {
                var seen = (await store.FindAsync("space", "counter", Cancel))!;
                var next = BitConverter.GetBytes((short)(BitConverter.ToInt16(seen.Value) + 1));
                if (await store.SetAsync("space", "counter", next, WriteCondition.MustBe(seen.Version), Cancel) == WriteResult.Written)
                    done++;
            }
        })));

        Assert.Equal(160, BitConverter.ToInt16((await one.FindAsync("space", "counter", Cancel))!.Value));
    }

    [Fact]
    public async Task A_cache_of_one_replica_follows_the_writes_of_another()
    {
        await using var one = await OpenAsync();
        await using var two = await OpenAsync();
        using var writes = new GenerationCache<byte[]>(one, "g", async cancel => (await one.FindAsync("space", "key", cancel))!.Value);
        using var reads = new GenerationCache<byte[]>(two, "g", async cancel => (await two.FindAsync("space", "key", cancel))!.Value);
        for (byte i = 0; i < 10; i++)
        {
            await writes.WriteAsync([StoreWrite.Set("space", "key", [i])], Cancel);
            Assert.Equal([i], await reads.GetAsync(Cancel));
        }
    }

    [Fact]
    public async Task Large_values_in_one_transaction()
    {
        await using var store = await OpenAsync();
        var value = new byte[StoreWrite.MaxValueBytes];
        value[^1] = 7;
        await store.WriteAsync([.. Enumerable.Range(0, 4).Select(i => StoreWrite.Set("space", $"k{i}", value))], Cancel);

        Assert.Equal(7, (await store.FindAsync("space", "k3", Cancel))!.Value[^1]);
    }

    [Fact]
    public async Task Refuses_a_store_of_another_version()
    {
        await (await OpenAsync()).DisposeAsync();
        await ExecuteAsync("UPDATE nacre.version SET version = 9");
        Assert.Contains("another version", (await Assert.ThrowsAsync<StoreException>(OpenAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commits_are_flushed_even_where_the_database_says_otherwise()
    {
        _database = await server.CreateDatabaseAsync();
        await ExecuteAsync($"ALTER DATABASE {new Uri(_database).AbsolutePath[1..]} SET synchronous_commit = off");
        await using var source = PostgresSource.Create(_database, null, flush: true, TimeProvider.System);
        await using var connection = await source.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand("SHOW synchronous_commit", connection);

        Assert.Equal("on", await command.ExecuteScalarAsync(Cancel));
    }

    [Fact]
    public async Task A_server_that_restarts_under_load_loses_nothing_that_was_acknowledged()
    {
        await using var own = new PostgresServer();
        await own.InitializeAsync();
        await using var store = await PostgresStore.OpenAsync(await own.CreateDatabaseAsync(), null, TimeProvider.System, Cancel);
        var acknowledged = new ConcurrentDictionary<string, byte>();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(() => WriteAsync(store, $"w{writer}", acknowledged, stop.Token))).ToList();
        for (var round = 0; round < 3; round++)
        {
            var before = acknowledged.Count;
            await Task.Delay(150, Cancel);
            await (round % 2 == 0 ? own.CrashAsync() : own.StopAsync());
            await own.StartAsync();
            while (acknowledged.Count < before + 20)
                await Task.Delay(20, Cancel);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        foreach (var (key, value) in acknowledged)
            Assert.Equal([value], (await store.FindAsync("space", key, Cancel))!.Value);
    }

    [Fact]
    public async Task A_server_that_stays_away_is_a_clear_error_within_bounded_time()
    {
        await using var own = new PostgresServer();
        await own.InitializeAsync();
        await using var store = await PostgresStore.OpenAsync(await own.CreateDatabaseAsync(), null, TimeProvider.System, Cancel);
        await own.StopAsync();

        var writes = store.SetAsync("space", "key", [1], WriteCondition.None, Cancel).AsTask();
        var reads = store.FindAsync("space", "key", Cancel).AsTask();
        var limit = PostgresSource.Patience + TimeSpan.FromSeconds(10);
        Assert.Contains("cannot be written", (await Assert.ThrowsAsync<StoreException>(() => writes.WaitAsync(limit, Cancel))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", (await Assert.ThrowsAsync<StoreException>(() => reads.WaitAsync(limit, Cancel))).Message, StringComparison.Ordinal);
    }

    private static async Task WriteAsync(PostgresStore store, string name, ConcurrentDictionary<string, byte> acknowledged, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            try
            {
                if (await store.SetAsync("space", $"{name}/{i}", [(byte)i], WriteCondition.None, CancellationToken.None) == WriteResult.Written)
                    acknowledged[$"{name}/{i}"] = (byte)i;
            }
            catch (StoreException)
            {
                // Not acknowledged: the next one is another key.
            }
        }
    }

    private async Task ExecuteAsync(string statement)
    {
        await using var source = NpgsqlDataSource.Create(PostgresServer.Keywords(_database!));
#pragma warning disable CA2100 // Given by the tests above.
        await using var command = source.CreateCommand(statement);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
