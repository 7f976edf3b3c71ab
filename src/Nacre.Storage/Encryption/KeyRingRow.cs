using Nacre.Formats;

namespace Nacre.Storage.Encryption;

/// <summary>The row with the data keys, and the master keys that open them.</summary>
/// <param name="store">Below the encryption.</param>
/// <param name="masters">Any of them may have wrapped the data keys; while a master key is changed, servers are given both.</param>
/// <param name="clock">Says when a data key was made.</param>
internal sealed class KeyRingRow(IKeyValueStore store, IReadOnlyList<IMasterKey> masters, TimeProvider clock)
{
    public const string Space = "data-key";
    public const string Key = "current";

    public IKeyValueStore Store => store;

    /// <summary>Holds while the row has this version; part of every write, so that none is made under a key that was replaced.</summary>
    public static StoreWrite Check(long version) => StoreWrite.Check(Space, Key, WriteCondition.MustBe(version));

    /// <summary>Null when the store is new.</summary>
    public async ValueTask<(KeyRing Ring, long Version)?> FindAsync(CancellationToken cancel) =>
        await store.FindAsync(Space, Key, cancel) is { } row ? (KeyRing.Parse(row.Value), row.Version) : null;

    /// <exception cref="StoreException">It was there and is gone.</exception>
    public async ValueTask<(KeyRing Ring, long Version)> RequireAsync(CancellationToken cancel) =>
        await FindAsync(cancel) ?? throw new StoreException("the store has no data keys; restore it from a backup");

    /// <summary>Whoever comes first makes the first key, also among several processes.</summary>
    public async ValueTask<(KeyRing Ring, long Version)> GetOrCreateAsync(CancellationToken cancel)
    {
        while (true)
        {
            if (await FindAsync(cancel) is { } found)
                return found;

            var first = await NewKeyAsync(1, masters[0], cancel);
            await store.SetAsync(Space, Key, new KeyRing(1, [first]).ToRow(), WriteCondition.MustNotExist, cancel);
        }
    }

    /// <returns>False when somebody changed the row since.</returns>
    public async ValueTask<bool> TryReplaceAsync(KeyRing ring, long version, CancellationToken cancel) =>
        await store.SetAsync(Space, Key, ring.ToRow(), WriteCondition.MustBe(version), cancel) == WriteResult.Written;

    /// <summary>A random key, wrapped.</summary>
    public async ValueTask<WrappedKey> NewKeyAsync(int id, IMasterKey master, CancellationToken cancel)
    {
        using var key = SecretBytes.Random(MasterKey.Size);
        return await WrapAsync(new WrappedKey(id, clock.GetUtcNow(), "", "", default), key, master, cancel);
    }

    public static async ValueTask<WrappedKey> WrapAsync(WrappedKey entry, SecretBytes key, IMasterKey master, CancellationToken cancel)
    {
        var wrapped = await master.WrapAsync(key, entry.Context, cancel);
        return wrapped.Length <= WrappedKey.MaxBytes
            ? entry with { Master = master.Id, Check = DataKeys.CheckOf(key), Wrapped = wrapped }
            : throw new StoreException(
                $"the master key {master.Id} made {wrapped.Length} bytes of a data key, at most {WrappedKey.MaxBytes} are kept");
    }

    /// <exception cref="StoreException">None of the master keys wrapped it.</exception>
    public async ValueTask<SecretBytes> UnwrapAsync(WrappedKey entry, CancellationToken cancel) => (await OpenAsync(entry, cancel)).Key;

    /// <summary>The master key that wrapped an entry.</summary>
    public async ValueTask<IMasterKey> MasterOfAsync(WrappedKey entry, CancellationToken cancel)
    {
        var (key, master) = await OpenAsync(entry, cancel);
        key.Dispose();
        return master;
    }

    private async ValueTask<(SecretBytes Key, IMasterKey Master)> OpenAsync(WrappedKey entry, CancellationToken cancel)
    {
        // The first version of this program did not record which it was, and a service may have got another address.
        var named = masters.Where(master => master.Id == entry.Master).ToList();
        var candidates = named.Count > 0 ? named : masters;
        for (var i = 0; ; i++)
        {
            try
            {
                var key = await candidates[i].UnwrapAsync(entry.Wrapped, entry.Context, cancel);
                if (key.Reveal().Length == MasterKey.Size && (entry.Check.Length == 0 || entry.Check == DataKeys.CheckOf(key)))
                    return (key, candidates[i]);

                key.Dispose();
                throw new StoreException($"the master key {candidates[i].Id} opens data key {entry.Id} to another key than it was; use a backup");
            }
            catch (StoreException) when (i + 1 < candidates.Count)
            {
                // One of the others wrapped it.
            }
            catch (StoreException e) when (named.Count == 0 && entry.Master.Length > 0)
            {
                throw new StoreException(
                    $"the master key {string.Join(", ", masters.Select(master => master.Id))} does not open this store: its data key {entry.Id} is "
                    + $"wrapped by {entry.Master}; give that one with --master-key ({e.Message})", e);
            }
        }
    }
}
