using Nacre.Storage;

namespace Nacre.UnitTests.Storage;

/// <summary>What every store must do. A new store is a subclass of this.</summary>
public abstract class KeyValueStoreContract
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract Task<IKeyValueStore> OpenAsync();

    [Fact]
    public async Task Gives_back_what_was_written()
    {
        await using var store = await OpenAsync();
        var value = new byte[] { 0, 1, 255 };

        Assert.Null(await store.FindAsync("space", "key", Cancel));
        Assert.Equal(WriteResult.Written, await store.SetAsync("space", "key", value, WriteCondition.None, Cancel));

        Assert.Equal(value, (await store.FindAsync("space", "key", Cancel))!.Value);
        Assert.Null(await store.FindAsync("other", "key", Cancel));
        Assert.Null(await store.FindAsync("space", "KEY", Cancel));
    }

    [Fact]
    public async Task Keeps_an_empty_value_apart_from_none()
    {
        await using var store = await OpenAsync();
        await store.SetAsync("space", "key", [], WriteCondition.None, Cancel);

        Assert.Empty((await store.FindAsync("space", "key", Cancel))!.Value);
        await store.DeleteAsync("space", "key", WriteCondition.None, Cancel);
        Assert.Null(await store.FindAsync("space", "key", Cancel));
    }

    [Fact]
    public async Task A_caller_cannot_change_what_is_stored()
    {
        await using var store = await OpenAsync();
        var value = new byte[] { 1 };
        await store.SetAsync("space", "key", value, WriteCondition.None, Cancel);
        value[0] = 2;
        (await store.FindAsync("space", "key", Cancel))!.Value[0] = 3;

        Assert.Equal([1], (await store.FindAsync("space", "key", Cancel))!.Value);
    }

    [Fact]
    public async Task Inserts_only_once()
    {
        await using var store = await OpenAsync();

        Assert.Equal(WriteResult.Written, await store.SetAsync("space", "key", [1], WriteCondition.MustNotExist, Cancel));
        Assert.Equal(WriteResult.Conflict, await store.SetAsync("space", "key", [2], WriteCondition.MustNotExist, Cancel));
        Assert.Equal([1], (await store.FindAsync("space", "key", Cancel))!.Value);
    }

    [Fact]
    public async Task Compares_and_sets()
    {
        await using var store = await OpenAsync();
        await store.SetAsync("space", "key", [1], WriteCondition.None, Cancel);
        var first = (await store.FindAsync("space", "key", Cancel))!;

        Assert.Equal(WriteResult.Written, await store.SetAsync("space", "key", [2], WriteCondition.MustBe(first.Version), Cancel));
        Assert.Equal(WriteResult.Conflict, await store.SetAsync("space", "key", [3], WriteCondition.MustBe(first.Version), Cancel));
        Assert.Equal(WriteResult.Conflict, await store.DeleteAsync("space", "key", WriteCondition.MustBe(first.Version), Cancel));
        Assert.Equal(WriteResult.Conflict, await store.SetAsync("space", "absent", [3], WriteCondition.MustBe(first.Version), Cancel));
        Assert.Equal([2], (await store.FindAsync("space", "key", Cancel))!.Value);
    }

    [Fact]
    public async Task Never_gives_a_version_twice()
    {
        await using var store = await OpenAsync();
        var seen = new HashSet<long>();
        for (var i = 0; i < 5; i++)
        {
            await store.SetAsync("space", "key", [1], WriteCondition.None, Cancel);
            Assert.True(seen.Add((await store.FindAsync("space", "key", Cancel))!.Version));
            await store.DeleteAsync("space", "key", WriteCondition.None, Cancel);
        }
    }

    [Fact]
    public async Task Writes_all_or_nothing()
    {
        await using var store = await OpenAsync();
        await store.SetAsync("space", "taken", [1], WriteCondition.None, Cancel);

        var result = await store.WriteAsync(
            [StoreWrite.Set("space", "new", [2]), StoreWrite.Delete("space", "taken"), StoreWrite.Set("space", "taken", [3], WriteCondition.MustNotExist)],
            Cancel);

        Assert.Equal(WriteResult.Conflict, result);
        Assert.Null(await store.FindAsync("space", "new", Cancel));
        Assert.Equal([1], (await store.FindAsync("space", "taken", Cancel))!.Value);
    }

    [Fact]
    public async Task Only_checks_without_a_change()
    {
        await using var store = await OpenAsync();
        await store.SetAsync("space", "guard", [1], WriteCondition.None, Cancel);
        var guard = (await store.FindAsync("space", "guard", Cancel))!;

        Assert.Equal(WriteResult.Written, await Guarded(guard.Version, [2]));
        Assert.Equal(WriteResult.Conflict, await Guarded(guard.Version + 1, [3]));
        Assert.Equal([2], (await store.FindAsync("space", "key", Cancel))!.Value);
        Assert.Equal(guard.Version, (await store.FindAsync("space", "guard", Cancel))!.Version);

        ValueTask<WriteResult> Guarded(long version, byte[] value) => store.WriteAsync(
            [StoreWrite.Check("space", "guard", WriteCondition.MustBe(version)), StoreWrite.Set("space", "key", value)], Cancel);
    }

    [Fact]
    public async Task A_snapshot_is_everything_at_one_moment()
    {
        await using var store = await OpenAsync();
        var written = Enumerable.Range(0, 50).Select(i => StoreWrite.Set($"space{i % 3}", $"k{i:d2}", [(byte)i])).ToList();
        await store.WriteAsync(written, Cancel);
        var versions = new HashSet<long>();
        var seen = new List<(string, string, byte)>();
        await foreach (var entry in store.SnapshotAsync(Cancel))
        {
            // Neither is part of what is being read.
            await store.SetAsync("space9", "later", [1], WriteCondition.None, Cancel);
            await store.DeleteAsync("space2", "k47", WriteCondition.None, Cancel);
            seen.Add((entry.Space, entry.Key, entry.Value[0]));
            Assert.True(versions.Add(entry.Version));
        }

        Assert.Equal(written.Select(write => (write.Space, write.Key, write.Value![0])).Order(), seen);
    }

    [Fact]
    public async Task Callers_that_come_together_do_not_disturb_each_other()
    {
        await using var store = await OpenAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(async () => await store.WriteAsync(
            [StoreWrite.Set("space", $"own{i}", BitConverter.GetBytes(i)), StoreWrite.Set("space", $"shared{i / 2}", [1], WriteCondition.MustNotExist)],
            Cancel))));

        Assert.Equal(200, results.Count(result => result == WriteResult.Written));
        Assert.Equal(200, (await store.ListAllAsync("space", "own", Cancel)).Count);
        Assert.Equal(200, (await store.ListAllAsync("space", "shared", Cancel)).Count);
    }

    [Fact]
    public async Task Lists_by_prefix_in_order_and_by_pages()
    {
        await using var store = await OpenAsync();
        foreach (var key in (string[])["b/2", "a/1", "b/10", "b/1", "b%", "b_", "ü", "b/é"])
            await store.SetAsync("space", key, [1], WriteCondition.None, Cancel);
        await store.SetAsync("other", "b/0", [1], WriteCondition.None, Cancel);

        Assert.Equal(["b/1", "b/10", "b/2", "b/é"], await store.ListAsync("space", "b/", null, 100, Cancel));
        Assert.Equal(["b/10", "b/2"], await store.ListAsync("space", "b/", "b/1", 2, Cancel));
        Assert.Equal(8, (await store.ListAllAsync("space", "", Cancel)).Count);
        Assert.Equal(["b%"], await store.ListAsync("space", "b%", null, 100, Cancel));
        Assert.Empty(await store.ListAsync("absent", "", null, 100, Cancel));
    }

    [Fact]
    public async Task Reads_a_namespace_in_order_and_by_pages()
    {
        await using var store = await OpenAsync();
        var keys = Enumerable.Range(0, 1203).Select(number => $"key {number:d4}").Append("ü").ToList();
        await store.WriteAsync([.. keys.Select((key, number) => StoreWrite.Set("space", key, [(byte)number]))], Cancel);
        await store.SetAsync("spac", "key", [1], WriteCondition.None, Cancel);
        await store.SetAsync("space ", "key", [2], WriteCondition.None, Cancel);
        await store.DeleteAsync("space", "key 0001", WriteCondition.None, Cancel);
        keys.RemoveAt(1);

        var page = await store.ReadAsync("space", "key 0000", 2, Cancel);
        Assert.Equal([("space", "key 0002", 2), ("space", "key 0003", 3)], page.Select(entry => (entry.Space, entry.Key, (int)entry.Value[0])));
        Assert.Equal((await store.FindAsync("space", "key 0002", Cancel))!.Version, page[0].Version);
        var all = await store.ReadAllAsync("space", Cancel).ToListAsync(Cancel);
        Assert.Equal(keys, all.Select(entry => entry.Key));
        Assert.Equal(1203 % 256, all[^1].Value[0]);
        Assert.Empty(await store.ReadAsync("absent", null, 100, Cancel));
    }

    [Fact]
    public async Task Counts_right_under_concurrent_compare_and_set()
    {
        await using var store = await OpenAsync();
        await store.SetAsync("space", "counter", [0, 0], WriteCondition.None, Cancel);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < 25;)
            {
                var seen = (await store.FindAsync("space", "counter", Cancel))!;
                var next = BitConverter.GetBytes((short)(BitConverter.ToInt16(seen.Value) + 1));
                if (await store.SetAsync("space", "counter", next, WriteCondition.MustBe(seen.Version), Cancel) == WriteResult.Written)
                    done++;
            }
        })));

        Assert.Equal(200, BitConverter.ToInt16((await store.FindAsync("space", "counter", Cancel))!.Value));
    }

    [Fact]
    public async Task Makes_a_value_once_whoever_comes_first()
    {
        await using var store = await OpenAsync();
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            await store.GetOrCreateAsync("space", "key", () => [(byte)i], Cancel))));

        Assert.Single(made.Select(value => value[0]).Distinct());
    }

    [Fact]
    public void Refuses_names_that_cannot_be_kept()
    {
        Assert.Throws<ArgumentException>(() => StoreWrite.Set("", "key", []));
        Assert.Throws<ArgumentException>(() => StoreWrite.Set("space", "", []));
        Assert.Throws<ArgumentException>(() => StoreWrite.Set("space", new string('k', 1025), []));
        Assert.Throws<ArgumentException>(() => StoreWrite.Set("space", "key", new byte[StoreWrite.MaxValueBytes + 1]));
    }
}
