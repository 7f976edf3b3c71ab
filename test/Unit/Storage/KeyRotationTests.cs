using Nacre.Formats;
using Nacre.Storage;
using Nacre.Storage.Encryption;
using Nacre.Storage.Memory;
using Nacre.Storage.Postgres;
using Nacre.Storage.Sqlite;

namespace Nacre.UnitTests.Storage;

[Trait("Group", "TrustKeys")]
public sealed class SqliteKeyRotationTests : KeyRotationContract, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-rotation-");

    protected override Task<IKeyValueStore> OpenAsync() =>
        Task.FromResult<IKeyValueStore>(SqliteStore.Open(Path.Combine(_directory.FullName, "store.db")));

    public void Dispose() => _directory.Delete(recursive: true);
}

[Trait("Group", "TrustKeysPostgres")]
public sealed class PostgresKeyRotationTests(PostgresServer server) : KeyRotationContract, IClassFixture<PostgresServer>
{
    private string? _database;

    protected override async Task<IKeyValueStore> OpenAsync() =>
        await PostgresStore.OpenAsync(_database ??= await server.CreateDatabaseAsync(), null, TimeProvider.System, Cancel);
}

[Trait("Group", "TrustKeys")]
public sealed class KeyRingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_of_the_first_version_opens_unchanged_and_rotates()
    {
        // As the first version of the program wrote it: one wrapped key, and values with a 1 in front.
        var (master, dataKey, inner) = (new byte[32], new byte[32], new MemoryStore());
        (master[0], dataKey[0]) = (1, 2);
        var row = Sealed.Seal(master, dataKey, "nacre data key v1"u8);
        await inner.SetAsync("data-key", "current", row, WriteCondition.None, Cancel);
        await inner.SetAsync("space", "key", [1, .. Sealed.Seal(dataKey, [7], "5:spacekey"u8)], WriteCondition.None, Cancel);

        using var key = new MasterKey(SecretBytes.Copy(master));
        await using var store = await EncryptedStore.OpenAsync(inner, key, Cancel);
        Assert.Equal([7], (await store.FindAsync("space", "key", Cancel))!.Value);
        await store.SetAsync("space", "other", [8], WriteCondition.None, Cancel);
        Assert.Equal(1, (await inner.FindAsync("space", "other", Cancel))!.Value[0]);
        Assert.Equal(row, (await inner.FindAsync("data-key", "current", Cancel))!.Value);

        var rotation = new KeyRotation(inner, [key], TimeProvider.System);
        Assert.Equal(1, await rotation.RotateDataAsync(Cancel));
        Assert.Equal([7], (await store.FindAsync("space", "key", Cancel))!.Value);
        Assert.Equal(new KeyRewrapResult(2, 1), await new KeyRewrap(store, TimeProvider.System).RunAsync(0, null, Cancel));
        await using var again = await EncryptedStore.OpenAsync(inner, key, Cancel);
        Assert.Equal([8], (await again.FindAsync("space", "other", Cancel))!.Value);
    }

    [Theory]
    [InlineData("", "strict JSON")]
    [InlineData("""{"format":2,"current":1,"keys":[]}""", "format")]
    [InlineData("""{"format":1,"current":1,"keys":[]}""", "current")]
    [InlineData("""{"format":1,"current":1,"keys":[],"more":1}""", "more")]
    [InlineData("""{"format":1,"current":2,"keys":[{"id":1,"created":"2026-01-01T00:00:00Z","master":"m","check":"c","wrapped":"AA=="}]}""", "current")]
    [InlineData("""{"format":1,"current":1,"keys":[{"id":-1,"created":"2026-01-01T00:00:00Z","master":"m","check":"c","wrapped":"AA=="}]}""", "id")]
    [InlineData("""{"format":1,"current":1,"keys":[{"id":1,"created":"never","master":"m","check":"c","wrapped":"AA=="}]}""", "created")]
    public void A_row_that_breaks_the_rules_is_refused(string row, string where)
    {
        var e = Assert.Throws<StoreException>(() => KeyRing.Parse(System.Text.Encoding.UTF8.GetBytes(row)));
        Assert.Contains(where, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_comes_back_as_it_was()
    {
        var ring = new KeyRing(
            7, [new WrappedKey(0, default, "m", "c", new byte[] { 1 }), new WrappedKey(7, DateTimeOffset.UnixEpoch, "n", "d", new byte[] { 2, 3 })]);
        var again = KeyRing.Parse(ring.ToRow());

        Assert.Equal(ring.ToRow(), again.ToRow());
        Assert.Equal([0, 7], again.Keys.Select(key => key.Id));
        Assert.Equal([2, 3], again.Keys[1].Wrapped.ToArray());
    }
}
