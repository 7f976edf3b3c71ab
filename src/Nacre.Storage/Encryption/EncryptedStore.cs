using System.Runtime.CompilerServices;
using System.Text;
using Nacre.Formats;
using Nacre.Storage.Memory;

namespace Nacre.Storage.Encryption;

/// <summary>
/// Encrypts every value of another store under a data key, which is kept there wrapped by the master key. The namespace and the key are
/// authenticated with the value, so that rows cannot be swapped; the names themselves stay readable. Data keys may be rotated while stores
/// are open, in this process and in others: a write holds only while its data key is the newest (docs/adr/0018).
/// </summary>
public sealed class EncryptedStore : IKeyValueStore
{
    private readonly KeyRingRow _row;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private DataKeys _keys;

    private EncryptedStore(KeyRingRow row, DataKeys keys) => (_row, _keys) = (row, keys);

    internal KeyRingRow Row => _row;

    /// <summary>Of the newest data key.</summary>
    internal int CurrentKey => Volatile.Read(ref _keys).Current;

    /// <summary>Takes over <paramref name="inner"/>, not the master keys.</summary>
    /// <param name="inner">A store that is new, or was made with one of the master keys.</param>
    /// <param name="masters">The first wraps the data key of a new store.</param>
    /// <param name="clock">Says when a data key was made.</param>
    /// <param name="cancel">Ends the attempt.</param>
    /// <exception cref="StoreException">No master key is the one this store was made with, or none can be reached.</exception>
    public static async Task<EncryptedStore> OpenAsync(
        IKeyValueStore inner, IReadOnlyList<IMasterKey> masters, TimeProvider clock, CancellationToken cancel)
    {
        var row = new KeyRingRow(inner, masters, clock);
        var (ring, version) = await row.GetOrCreateAsync(cancel);
        return new EncryptedStore(row, await UnwrapAsync(row, ring, version, null, cancel));
    }

    /// <inheritdoc cref="OpenAsync(IKeyValueStore, IReadOnlyList{IMasterKey}, TimeProvider, CancellationToken)"/>
    public static Task<EncryptedStore> OpenAsync(IKeyValueStore inner, IMasterKey master, CancellationToken cancel) =>
        OpenAsync(inner, [master], TimeProvider.System, cancel);

    /// <summary>Whether a store has a data key already.</summary>
    public static async Task<bool> IsMadeAsync(IKeyValueStore inner, CancellationToken cancel) =>
        await inner.FindAsync(KeyRingRow.Space, KeyRingRow.Key, cancel) is not null;

    /// <summary>Looks whether a store that is made could be read; changes nothing.</summary>
    /// <exception cref="StoreException">No master key is the one it was made with.</exception>
    public static async Task RequireKeyAsync(IKeyValueStore inner, IReadOnlyList<IMasterKey> masters, CancellationToken cancel)
    {
        var wrapped = await inner.FindAsync(KeyRingRow.Space, KeyRingRow.Key, cancel) ?? throw new StoreException("the store holds no data key");
        await RequireKeyAsync([StoreWrite.Set(KeyRingRow.Space, KeyRingRow.Key, wrapped.Value)], masters, cancel);
    }

    /// <summary>Looks whether rows that are to become a store could be read.</summary>
    /// <exception cref="StoreException">No master key is the one they were made with.</exception>
    public static async Task RequireKeyAsync(IReadOnlyList<StoreWrite> rows, IReadOnlyList<IMasterKey> masters, CancellationToken cancel)
    {
        await using var copy = new MemoryStore();
        if (rows.FirstOrDefault(row => row.Space == KeyRingRow.Space && row.Key == KeyRingRow.Key) is not { } wrapped)
            throw new StoreException("the backup holds no data key, so nothing in it could be read; use another copy");

        await copy.WriteAsync([wrapped], cancel);
        await (await OpenAsync(copy, masters, TimeProvider.System, cancel)).DisposeAsync();
    }

    public async ValueTask<StoredValue?> FindAsync(string space, string key, CancellationToken cancel) =>
        await _row.Store.FindAsync(space, key, cancel) is { } stored
            ? stored with { Value = await DecryptAsync(space, key, stored.Value, cancel) } : null;

    public ValueTask<IReadOnlyList<string>> ListAsync(string space, string prefix, string? after, int limit, CancellationToken cancel) =>
        _row.Store.ListAsync(space, prefix, after, limit, cancel);

    public async ValueTask<IReadOnlyList<StoredEntry>> ReadAsync(string space, string? after, int limit, CancellationToken cancel)
    {
        var entries = new List<StoredEntry>();
        foreach (var entry in await _row.Store.ReadAsync(space, after, limit, cancel))
            entries.Add(entry with { Value = await DecryptAsync(space, entry.Key, entry.Value, cancel) });
        return entries;
    }

    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel)
    {
        if (!writes.Any(HasValue))
            return await _row.Store.WriteAsync(writes, cancel);

        while (true)
        {
            var keys = Volatile.Read(ref _keys);
            var result = await _row.Store.WriteAsync(
                [KeyRingRow.Check(keys.Version), .. writes.Select(write => HasValue(write) ? Encrypt(keys, write) : write)], cancel);
            if (result == WriteResult.Written || !await ReloadAsync(keys.Version, cancel))
                return result;
        }
    }

    /// <summary>What was written through this object; not the keys.</summary>
    public async IAsyncEnumerable<StoredEntry> SnapshotAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var entry in _row.Store.SnapshotAsync(cancel))
        {
            if (entry.Space != KeyRingRow.Space)
                yield return entry with { Value = await DecryptAsync(entry.Space, entry.Key, entry.Value, cancel) };
        }
    }

    public ValueTask DisposeAsync()
    {
        _keys.Dispose();
        _gate.Dispose();
        return _row.Store.DisposeAsync();
    }

    /// <summary>Reads the data keys again when they changed since that version of their row; says whether they did.</summary>
    internal async ValueTask<bool> ReloadAsync(long seen, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (_keys.Version != seen)
                return true;

            var (ring, version) = await _row.RequireAsync(cancel);
            if (version == seen)
                return false;

            Volatile.Write(ref _keys, await UnwrapAsync(_row, ring, version, _keys, cancel));
            return true;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>With the newest data keys, whatever was read before.</summary>
    internal async ValueTask ReloadAsync(CancellationToken cancel) => await ReloadAsync(Volatile.Read(ref _keys).Version, cancel);

    internal async ValueTask<byte[]> DecryptAsync(string space, string key, byte[] stored, CancellationToken cancel)
    {
        var keys = Volatile.Read(ref _keys);
        if (DataKeys.KeyOf(stored) is { } id && keys.Find(id) is null && await ReloadAsync(keys.Version, cancel))
            keys = Volatile.Read(ref _keys);

        return keys.Decrypt(stored, Context(space, key)) ?? throw new StoreException(
            $"the value of {space}/{key} was changed outside this program, or belongs to another key; restore it from a backup");
    }

    private static async ValueTask<DataKeys> UnwrapAsync(
        KeyRingRow row, KeyRing ring, long version, DataKeys? before, CancellationToken cancel)
    {
        // What is known needs no master key: it may be one that this process was not given.
        var keys = new Dictionary<int, SecretBytes>();
        foreach (var entry in ring.Keys)
        {
            var known = before?.Find(entry.Id);
            keys[entry.Id] = known is not null && (entry.Check.Length == 0 || entry.Check == DataKeys.CheckOf(known))
                ? known : await row.UnwrapAsync(entry, cancel);
        }

        return before?.With(version, ring.Current, keys) ?? new DataKeys(version, ring.Current, keys);
    }

    private static bool HasValue(StoreWrite write) => write.Value is not null && !write.OnlyChecks;

    private static StoreWrite Encrypt(DataKeys keys, StoreWrite write) =>
        write.WithValue(keys.Encrypt(write.Value, Context(write.Space, write.Key)));

    // The length of the first name keeps "ab" + "c" apart from "a" + "bc".
    private static byte[] Context(string space, string key) => Encoding.UTF8.GetBytes($"{space.Length}:{space}{key}");
}
