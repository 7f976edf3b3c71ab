using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Nacre.Formats;
using Nacre.Storage.Memory;

namespace Nacre.Storage.Encryption;

/// <summary>
/// Encrypts every value of another store under a data key, which is kept there wrapped by the master key. The namespace and the key are
/// authenticated with the value, so that rows cannot be swapped; the names themselves stay readable.
/// </summary>
public sealed class EncryptedStore : IKeyValueStore
{
    private const string KeySpace = "data-key";
    private const string KeyName = "current";
    private const byte Format = 1;

    private static readonly byte[] s_wrapContext = "nacre data key v1"u8.ToArray();

    private readonly IKeyValueStore _inner;
    private readonly SecretBytes _dataKey;

    private EncryptedStore(IKeyValueStore inner, SecretBytes dataKey) => (_inner, _dataKey) = (inner, dataKey);

    /// <summary>Takes over <paramref name="inner"/>.</summary>
    /// <exception cref="StoreException">The master key is not the one this store was made with.</exception>
    public static async Task<EncryptedStore> OpenAsync(IKeyValueStore inner, MasterKey master, CancellationToken cancel)
    {
        var wrapped = await inner.GetOrCreateAsync(
            KeySpace, KeyName, () => master.Wrap(RandomNumberGenerator.GetBytes(MasterKey.Size), s_wrapContext), cancel);
        var dataKey = master.Unwrap(wrapped, s_wrapContext)
            ?? throw new StoreException("the master key does not open this store; use the key file that was made with it");
        return new EncryptedStore(inner, SecretBytes.Own(dataKey));
    }

    /// <summary>Whether a store has a data key already.</summary>
    public static async Task<bool> IsMadeAsync(IKeyValueStore inner, CancellationToken cancel) =>
        await inner.FindAsync(KeySpace, KeyName, cancel) is not null;

    /// <summary>Looks whether a store that is made could be read; changes nothing.</summary>
    /// <exception cref="StoreException">The master key is not the one it was made with.</exception>
    public static async Task RequireKeyAsync(IKeyValueStore inner, MasterKey master, CancellationToken cancel)
    {
        var wrapped = await inner.FindAsync(KeySpace, KeyName, cancel) ?? throw new StoreException("the store holds no data key");
        await RequireKeyAsync([StoreWrite.Set(KeySpace, KeyName, wrapped.Value)], master, cancel);
    }

    /// <summary>Looks whether rows that are to become a store could be read.</summary>
    /// <exception cref="StoreException">The master key is not the one they were made with.</exception>
    public static async Task RequireKeyAsync(IReadOnlyList<StoreWrite> rows, MasterKey master, CancellationToken cancel)
    {
        await using var copy = new MemoryStore();
        if (rows.FirstOrDefault(row => row.Space == KeySpace && row.Key == KeyName) is not { } wrapped)
            throw new StoreException("the backup holds no data key, so nothing in it could be read; use another copy");

        await copy.WriteAsync([wrapped], cancel);
        await (await OpenAsync(copy, master, cancel)).DisposeAsync();
    }

    public async ValueTask<StoredValue?> FindAsync(string space, string key, CancellationToken cancel)
    {
        return await _inner.FindAsync(space, key, cancel) is { } stored ? stored with { Value = Decrypt(space, key, stored.Value) } : null;
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(string space, string prefix, string? after, int limit, CancellationToken cancel) =>
        _inner.ListAsync(space, prefix, after, limit, cancel);

    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel) =>
        _inner.WriteAsync([.. writes.Select(Encrypt)], cancel);

    /// <summary>What was written through this object; not the keys.</summary>
    public async IAsyncEnumerable<StoredEntry> SnapshotAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var entry in _inner.SnapshotAsync(cancel))
        {
            if (entry.Space != KeySpace)
                yield return entry with { Value = Decrypt(entry.Space, entry.Key, entry.Value) };
        }
    }

    public ValueTask DisposeAsync()
    {
        _dataKey.Dispose();
        return _inner.DisposeAsync();
    }

    private StoreWrite Encrypt(StoreWrite write) =>
        write.Value is null || write.OnlyChecks ? write : write.WithValue([Format, .. Sealed.Seal(_dataKey.Reveal(), write.Value, Context(write.Space, write.Key))]);

    private byte[] Decrypt(string space, string key, byte[] stored) =>
        (stored is [Format, .. var sealedBytes] ? Sealed.Open(_dataKey.Reveal(), sealedBytes, Context(space, key)) : null)
        ?? throw new StoreException($"the value of {space}/{key} was changed outside this program, or belongs to another key; restore it from a backup");

    // The length of the first name keeps "ab" + "c" apart from "a" + "bc".
    private static byte[] Context(string space, string key) => Encoding.UTF8.GetBytes($"{space.Length}:{space}{key}");
}
