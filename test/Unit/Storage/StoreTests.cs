using System.Security.Cryptography;
using Nacre.Formats;
using Nacre.Storage;
using Nacre.Storage.Encryption;
using Nacre.Storage.Memory;
using Nacre.Storage.Sqlite;

namespace Nacre.UnitTests.Storage;

[Trait("Group", "Storage")]
public sealed class MemoryStoreTests : KeyValueStoreContract
{
    protected override Task<IKeyValueStore> OpenAsync() => Task.FromResult<IKeyValueStore>(new MemoryStore());
}

[Trait("Group", "Storage")]
public sealed class SqliteStoreTests : KeyValueStoreContract, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-store-");

    private string Path => System.IO.Path.Combine(_directory.FullName, "store.db");

    protected override Task<IKeyValueStore> OpenAsync() => Task.FromResult<IKeyValueStore>(SqliteStore.Open(Path));

    [Fact]
    public async Task Keeps_what_was_written_when_it_is_opened_again()
    {
        await using (var store = await OpenAsync())
            await store.SetAsync("space", "key", [1, 2, 3], WriteCondition.None, TestContext.Current.CancellationToken);

        await using var again = await OpenAsync();
        Assert.Equal([1, 2, 3], (await again.FindAsync("space", "key", TestContext.Current.CancellationToken))!.Value);
    }

    [Fact]
    public async Task Two_openings_of_one_file_see_each_other_at_once()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var one = await OpenAsync();
        await using var two = await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await one.SetAsync("space", "key", [(byte)i], WriteCondition.None, cancel);
            Assert.Equal([(byte)i], (await two.FindAsync("space", "key", cancel))!.Value);
            await two.SetAsync("space", "back", [(byte)i], WriteCondition.None, cancel);
            Assert.Equal([(byte)i], (await one.FindAsync("space", "back", cancel))!.Value);
        }
    }

    [Fact]
    public async Task The_file_is_for_its_owner_only_and_flushes_every_acknowledged_write()
    {
        await using var store = await OpenAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));

        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Says_what_to_do_about_a_file_that_is_no_store()
    {
        File.WriteAllText(Path, "this is not a database, however long it may be " + new string('x', 2000));

        Assert.Contains("cannot be opened", Assert.Throws<StoreException>(() => SqliteStore.Open(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_writers_share_flushes_and_none_is_lost()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using (var store = await OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 500).Select(i =>
                store.SetAsync("space", $"{i:d4}", BitConverter.GetBytes(i), WriteCondition.None, cancel).AsTask()));
        }

        await using var again = await OpenAsync();
        var keys = await again.ListAllAsync("space", "", cancel);
        Assert.Equal(500, keys.Count);
        Assert.Equal(BitConverter.GetBytes(123), (await again.FindAsync("space", "0123", cancel))!.Value);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}

[Trait("Group", "Storage")]
public sealed class EncryptedStoreTests : KeyValueStoreContract
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected override async Task<IKeyValueStore> OpenAsync()
    {
        using var master = new MasterKey(SecretBytes.Random(32));
        return await EncryptedStore.OpenAsync(new MemoryStore(), master, Cancel);
    }

    [Fact]
    public async Task Writes_nothing_in_clear()
    {
        using var master = new MasterKey(SecretBytes.Random(32));
        var inner = new MemoryStore();
        await using var store = await EncryptedStore.OpenAsync(inner, master, Cancel);
        var secret = RandomNumberGenerator.GetBytes(32);
        await store.SetAsync("space", "key", secret, WriteCondition.None, Cancel);

        var stored = (await inner.FindAsync("space", "key", Cancel))!.Value;
        Assert.Equal(-1, stored.AsSpan().IndexOf(secret.AsSpan(0, 8)));
    }

    [Fact]
    public async Task Refuses_rows_that_were_swapped_or_changed()
    {
        using var master = new MasterKey(SecretBytes.Random(32));
        var inner = new MemoryStore();
        await using var store = await EncryptedStore.OpenAsync(inner, master, Cancel);
        await store.SetAsync("space", "key", [1, 2, 3], WriteCondition.None, Cancel);
        var stored = (await inner.FindAsync("space", "key", Cancel))!.Value;

        await inner.SetAsync("space", "other", stored, WriteCondition.None, Cancel);
        await inner.SetAsync("spac", "ekey", stored, WriteCondition.None, Cancel);
        await Assert.ThrowsAsync<StoreException>(() => store.FindAsync("space", "other", Cancel).AsTask());
        await Assert.ThrowsAsync<StoreException>(() => store.FindAsync("spac", "ekey", Cancel).AsTask());

        for (var i = 0; i < stored.Length; i++)
        {
            var changed = stored.ToArray();
            changed[i] ^= 0x80;
            await inner.SetAsync("space", "key", changed, WriteCondition.None, Cancel);
            await Assert.ThrowsAsync<StoreException>(() => store.FindAsync("space", "key", Cancel).AsTask());
        }
    }

    [Fact]
    public async Task Opens_only_with_the_key_it_was_made_with()
    {
        using var right = new MasterKey(SecretBytes.Copy(new byte[32]));
        using var wrong = new MasterKey(SecretBytes.Random(32));
        var inner = new MemoryStore();
        await (await EncryptedStore.OpenAsync(inner, right, Cancel)).SetAsync("space", "key", [7], WriteCondition.None, Cancel);

        await Assert.ThrowsAsync<StoreException>(() => EncryptedStore.OpenAsync(inner, wrong, Cancel));
        var again = await EncryptedStore.OpenAsync(inner, right, Cancel);
        Assert.Equal([7], (await again.FindAsync("space", "key", Cancel))!.Value);
    }
}

[Trait("Group", "Storage")]
public sealed class MasterKeyTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-key-");

    [Fact]
    public void Is_made_once_and_for_its_owner_only()
    {
        var path = Path.Combine(_directory.FullName, "master.key");
        MasterKey.FromFile(path).Dispose();
        var first = File.ReadAllBytes(path);
        MasterKey.FromFile(path).Dispose();

        Assert.Equal(first, File.ReadAllBytes(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Single(_directory.GetFiles());
    }

    [Fact]
    public void Is_refused_when_others_can_read_it_or_when_it_is_cut()
    {
        var path = Path.Combine(_directory.FullName, "master.key");
        MasterKey.FromFile(path).Dispose();
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<StoreException>(() => MasterKey.FromFile(path)).Message, StringComparison.Ordinal);

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllBytes(path, new byte[31]);
        Assert.Throws<StoreException>(() => MasterKey.FromFile(path));
    }

    [Fact]
    public async Task Every_store_in_the_list_opens()
    {
        foreach (var name in (string[])["sqlite", "memory"])
            await (await OpenAsync(name)).DisposeAsync();
        await Assert.ThrowsAsync<StoreException>(() => OpenAsync("redis"));
    }

    private Task<OpenedStore> OpenAsync(string name) =>
        StoreList.OpenAsync(new() { Address = name, Directory = _directory.FullName }, TimeProvider.System, TestContext.Current.CancellationToken);

    public void Dispose() => _directory.Delete(recursive: true);
}
