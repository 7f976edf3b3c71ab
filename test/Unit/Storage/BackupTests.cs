using Nacre.Storage;
using Nacre.Storage.Backup;
using Nacre.Storage.Memory;

namespace Nacre.UnitTests.Storage;

[Trait("Group", "Storage")]
public sealed class BackupTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-backup-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Copy => Path.Combine(_directory.FullName, "copy");

    [Fact]
    public async Task Gives_back_every_row()
    {
        await using var store = await FilledAsync();
        Assert.Equal(3, await BackupFile.WriteAsync(Copy, store.SnapshotAsync(Cancel), Cancel));
        await using var empty = new MemoryStore();
        await BackupRestore.RunAsync(await BackupFile.ReadAsync(Copy, Cancel), empty, replace: false, Cancel);

        Assert.Equal(await RowsAsync(store), await RowsAsync(empty));
        Assert.Single(_directory.GetFiles());
    }

    [Fact]
    public async Task Every_changed_byte_and_every_cut_is_refused()
    {
        await using var store = await FilledAsync();
        await BackupFile.WriteAsync(Copy, store.SnapshotAsync(Cancel), Cancel);
        var whole = await File.ReadAllBytesAsync(Copy, Cancel);
        for (var i = 0; i < whole.Length; i++)
        {
            var changed = whole.ToArray();
            changed[i] ^= 1;
            await RefusedAsync(changed);
            await RefusedAsync(whole[..i]);
        }

        await RefusedAsync([.. whole, 0]);
    }

    [Fact]
    public async Task Replaces_a_store_only_when_told_and_then_all_of_it()
    {
        await using var store = await FilledAsync();
        await BackupFile.WriteAsync(Copy, store.SnapshotAsync(Cancel), Cancel);
        var rows = await BackupFile.ReadAsync(Copy, Cancel);
        await using var other = new MemoryStore();
        await other.SetAsync("a", "1", [9], WriteCondition.None, Cancel);
        await other.SetAsync("z", "gone", [9], WriteCondition.None, Cancel);

        await Assert.ThrowsAsync<StoreException>(() => BackupRestore.RunAsync(rows, other, replace: false, Cancel));
        Assert.Equal(2, (await RowsAsync(other)).Count);
        await BackupRestore.RunAsync(rows, other, replace: true, Cancel);
        Assert.Equal(await RowsAsync(store), await RowsAsync(other));
    }

    private static async Task<MemoryStore> FilledAsync()
    {
        var store = new MemoryStore();
        await store.WriteAsync([StoreWrite.Set("a", "1", [1, 2, 3]), StoreWrite.Set("a", "ü", []), StoreWrite.Set("b", "2", [0])], Cancel);
        return store;
    }

    private static async Task<List<(string, string, string)>> RowsAsync(MemoryStore store) =>
        await store.SnapshotAsync(Cancel).Select(entry => (entry.Space, entry.Key, Convert.ToHexString(entry.Value))).ToListAsync(Cancel);

    private async Task RefusedAsync(byte[] bytes)
    {
        await File.WriteAllBytesAsync(Copy, bytes, Cancel);
        await Assert.ThrowsAsync<StoreException>(() => BackupFile.ReadAsync(Copy, Cancel));
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
