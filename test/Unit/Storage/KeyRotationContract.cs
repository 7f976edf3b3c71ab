using System.Collections.Concurrent;
using System.Text;
using Nacre.Formats;
using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.UnitTests.Storage;

/// <summary>Keys are rotated under stores that are open and written to.</summary>
public abstract class KeyRotationContract
{
    private const int WritersPerReplica = 2;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Another opening of the same store.</summary>
    protected abstract Task<IKeyValueStore> OpenAsync();

    [Fact]
    public async Task Two_replicas_under_load_lose_nothing_while_data_and_master_keys_rotate()
    {
        using var former = new MasterKey(SecretBytes.Random(32));
        using var next = new MasterKey(SecretBytes.Random(32));
        await using var one = await EncryptedStore.OpenAsync(await OpenAsync(), [former, next], TimeProvider.System, Cancel);
        await using var two = await EncryptedStore.OpenAsync(await OpenAsync(), [former, next], TimeProvider.System, Cancel);
        await using var place = await OpenAsync();
        var acknowledged = new ConcurrentDictionary<string, string>();
        using var stop = new CancellationTokenSource();
        var writers = ((EncryptedStore[])[one, two])
            .SelectMany((store, replica) => Enumerable.Range(0, WritersPerReplica)
                .Select(writer => Task.Run(() => WriteAsync(store, $"r{replica}w{writer}", acknowledged, stop.Token), Cancel)))
            .ToList();

        for (var round = 0; round < 3; round++)
        {
            await MoreAsync(acknowledged);
            var (from, to) = round % 2 == 0 ? (former, next) : (next, former);
            await new KeyRotation(place, [from], TimeProvider.System).RotateDataAsync(Cancel);
            await MoreAsync(acknowledged);
            await new KeyRotation(place, [from], TimeProvider.System).RotateMasterAsync(to, Cancel);
            await MoreAsync(acknowledged);
            await RewrapAsync(to);
        }

        await MoreAsync(acknowledged);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        await using var last = await EncryptedStore.OpenAsync(await OpenAsync(), next, Cancel);
        foreach (var (key, text) in acknowledged)
            Assert.Equal(text, Encoding.UTF8.GetString((await last.FindAsync("space", key, Cancel))!.Value));

        // The last rewriting began after the last rotation, so one key is left and every value is under it.
        var ring = await new KeyRotation(place, [next], TimeProvider.System).ReadAsync(Cancel);
        Assert.Equal(4, Assert.Single(ring.Keys).Id);
        Assert.Equal([4], (await KeyRewrap.CountAsync(place, Cancel)).Keys);
        await Assert.ThrowsAsync<StoreException>(async () => await EncryptedStore.OpenAsync(await OpenAsync(), former, Cancel));
    }

    [Fact]
    public async Task A_replica_that_has_only_the_former_master_key_goes_on()
    {
        using var former = new MasterKey(SecretBytes.Random(32));
        using var next = new MasterKey(SecretBytes.Random(32));
        await using var running = await EncryptedStore.OpenAsync(await OpenAsync(), former, Cancel);
        await using var place = await OpenAsync();
        await running.SetAsync("space", "before", [1], WriteCondition.None, Cancel);
        await new KeyRotation(place, [former], TimeProvider.System).RotateMasterAsync(next, Cancel);

        await running.SetAsync("space", "after", [2], WriteCondition.None, Cancel);
        Assert.Equal([1], (await running.FindAsync("space", "before", Cancel))!.Value);
        await using var started = await EncryptedStore.OpenAsync(await OpenAsync(), next, Cancel);
        Assert.Equal([2], (await started.FindAsync("space", "after", Cancel))!.Value);
    }

    [Fact]
    public async Task A_condition_that_does_not_hold_is_a_conflict_also_across_a_rotation()
    {
        using var master = new MasterKey(SecretBytes.Random(32));
        await using var store = await EncryptedStore.OpenAsync(await OpenAsync(), master, Cancel);
        await using var place = await OpenAsync();
        await store.SetAsync("space", "key", [1], WriteCondition.None, Cancel);
        var rotation = new KeyRotation(place, [master], TimeProvider.System);

        await rotation.RotateDataAsync(Cancel);
        Assert.Equal(WriteResult.Conflict, await store.SetAsync("space", "key", [2], WriteCondition.MustNotExist, Cancel));
        await rotation.RotateDataAsync(Cancel);
        var version = (await store.FindAsync("space", "key", Cancel))!.Version;
        Assert.Equal(WriteResult.Written, await store.SetAsync("space", "key", [3], WriteCondition.MustBe(version), Cancel));
        Assert.Equal([3], (await store.FindAsync("space", "key", Cancel))!.Value);
    }

    [Fact]
    public async Task Rewriting_that_was_stopped_goes_on_where_it_was()
    {
        using var master = new MasterKey(SecretBytes.Random(32));
        await using (var store = await EncryptedStore.OpenAsync(await OpenAsync(), master, Cancel))
        {
            for (var i = 0; i < 200; i++)
                await store.SetAsync("space", $"{i}", [(byte)i], WriteCondition.None, Cancel);
            await new KeyRotation(await OpenAsync(), [master], TimeProvider.System).RotateDataAsync(Cancel);

            using var stop = new CancellationTokenSource();
            var rewrap = new KeyRewrap(store, TimeProvider.System);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => rewrap.RunAsync(0, new Stopping(stop), stop.Token));
        }

        await using var place = await OpenAsync();
        Assert.Equal([64L, 136L], (await KeyRewrap.CountAsync(place, Cancel)).Values.Order());
        await using var again = await EncryptedStore.OpenAsync(await OpenAsync(), master, Cancel);
        Assert.Equal(new KeyRewrapResult(136, 1), await new KeyRewrap(again, TimeProvider.System).RunAsync(0, null, Cancel));
        for (var i = 0; i < 200; i++)
            Assert.Equal([(byte)i], (await again.FindAsync("space", $"{i}", Cancel))!.Value);
    }

    private async Task RewrapAsync(MasterKey master)
    {
        await using var store = await EncryptedStore.OpenAsync(await OpenAsync(), master, Cancel);
        await new KeyRewrap(store, TimeProvider.System).RunAsync(0, null, Cancel);
    }

    private static async Task WriteAsync(
        EncryptedStore store, string name, ConcurrentDictionary<string, string> acknowledged, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            // New keys, and one that changes all the time by compare-and-set against the rewriting.
            var key = $"{name}/{(i % 3 == 0 ? "same" : $"{i}")}";
            var version = (await store.FindAsync("space", key, CancellationToken.None))?.Version ?? 0;
            var text = $"{key} {i}";
            var value = Encoding.UTF8.GetBytes(text);
            if (await store.SetAsync("space", key, value, WriteCondition.MustBe(version), CancellationToken.None) == WriteResult.Written)
                acknowledged[key] = text;
        }
    }

    private static async Task MoreAsync(ConcurrentDictionary<string, string> acknowledged)
    {
        var before = acknowledged.Count;
        while (acknowledged.Count < before + 40)
            await Task.Delay(5, Cancel);
    }

    private sealed class Stopping(CancellationTokenSource stop) : IProgress<long>
    {
        public void Report(long value) => stop.Cancel();
    }
}
