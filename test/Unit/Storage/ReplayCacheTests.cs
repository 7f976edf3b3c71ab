using Nacre.Storage;
using Nacre.Storage.Memory;
using Nacre.Storage.Postgres;
using Nacre.Storage.Sqlite;
using Npgsql;

namespace Nacre.UnitTests.Storage;

[Trait("Group", "Storage")]
public sealed class MemoryReplayCacheTests : ReplayCacheContract
{
    protected override Task<IReplayCache> OpenAsync() => Task.FromResult<IReplayCache>(new MemoryReplayCache(Clock));

    protected override Task<long> CountAsync(IReplayCache cache) => Task.FromResult((long)((MemoryReplayCache)cache).Count);
}

[Trait("Group", "Storage")]
public sealed class SqliteReplayCacheTests : ReplayCacheContract, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-replay-");

    private string Path => System.IO.Path.Combine(_directory.FullName, "nonces.db");

    protected override Task<IReplayCache> OpenAsync() => Task.FromResult<IReplayCache>(SqliteReplayCache.Open(Path, Clock));

    protected override async Task<long> CountAsync(IReplayCache cache)
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM used";
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    [Fact]
    public async Task Two_openings_share_it_and_a_damaged_file_is_made_anew()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using (var one = await OpenAsync())
        await using (var two = await OpenAsync())
        {
            Assert.True(await one.TryUseAsync(new byte[] { 1 }, Clock.Now, cancel));
            Assert.False(await two.TryUseAsync(new byte[] { 1 }, Clock.Now, cancel));
        }

        await File.WriteAllBytesAsync(Path, Enumerable.Repeat((byte)'x', 8192).ToArray(), cancel);
        await using var again = await OpenAsync();
        Assert.True(await again.TryUseAsync(new byte[] { 1 }, Clock.Now, cancel));
        Assert.False(await again.TryUseAsync(new byte[] { 1 }, Clock.Now, cancel));
    }

    public void Dispose() => _directory.Delete(recursive: true);
}

[Trait("Group", "StoragePostgres")]
public sealed class PostgresReplayCacheTests(PostgresServer server) : ReplayCacheContract, IClassFixture<PostgresServer>
{
    private string? _database;

    protected override async Task<IReplayCache> OpenAsync()
    {
        _database ??= await server.CreateDatabaseAsync();
        await (await PostgresStore.OpenAsync(_database, null, Clock, TestContext.Current.CancellationToken)).DisposeAsync();
        return PostgresReplayCache.Open(_database, null, Clock);
    }

    protected override async Task<long> CountAsync(IReplayCache cache)
    {
        await using var source = NpgsqlDataSource.Create(PostgresServer.Keywords(_database!));
        await using var command = source.CreateCommand("SELECT count(*) FROM nacre.used");
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    [Fact]
    public async Task Two_openings_share_it()
    {
        await using var one = await OpenAsync();
        await using var two = await OpenAsync();
        Assert.True(await one.TryUseAsync(new byte[] { 1 }, Clock.Now, TestContext.Current.CancellationToken));
        Assert.False(await two.TryUseAsync(new byte[] { 1 }, Clock.Now, TestContext.Current.CancellationToken));
    }
}
