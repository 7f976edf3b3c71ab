using System.Runtime.CompilerServices;

namespace Nacre.Storage;

/// <summary>Single writes and whole listings, in terms of <see cref="IKeyValueStore"/>.</summary>
public static class StoreExtensions
{
    private const int PageSize = 1000;

    public static ValueTask<WriteResult> SetAsync(
        this IKeyValueStore store, string space, string key, byte[] value, WriteCondition condition, CancellationToken cancel) =>
        store.WriteAsync([StoreWrite.Set(space, key, value, condition)], cancel);

    public static ValueTask<WriteResult> DeleteAsync(
        this IKeyValueStore store, string space, string key, WriteCondition condition, CancellationToken cancel) =>
        store.WriteAsync([StoreWrite.Delete(space, key, condition)], cancel);

    /// <summary>Every key with the prefix, page by page; for a namespace whose size is bounded.</summary>
    public static async ValueTask<IReadOnlyList<string>> ListAllAsync(this IKeyValueStore store, string space, string prefix, CancellationToken cancel)
    {
        var all = new List<string>();
        while (true)
        {
            var page = await store.ListAsync(space, prefix, all.Count == 0 ? null : all[^1], PageSize, cancel);
            all.AddRange(page);
            if (page.Count < PageSize)
                return all;
        }
    }

    /// <summary>Every entry of a namespace, in order; what is written meanwhile may be in it or not.</summary>
    public static async IAsyncEnumerable<StoredEntry> ReadAllAsync(
        this IKeyValueStore store, string space, [EnumeratorCancellation] CancellationToken cancel)
    {
        string? after = null;
        while (true)
        {
            var page = await store.ReadAsync(space, after, PageSize, cancel);
            foreach (var entry in page)
                yield return entry;
            if (page.Count < PageSize)
                yield break;

            after = page[^1].Key;
        }
    }

    /// <summary>The value of a key that is made once: whoever comes first decides, also among several processes.</summary>
    public static async ValueTask<byte[]> GetOrCreateAsync(
        this IKeyValueStore store, string space, string key, Func<byte[]> create, CancellationToken cancel)
    {
        while (true)
        {
            if (await store.FindAsync(space, key, cancel) is { } found)
                return found.Value;

            var made = create();
            if (await store.SetAsync(space, key, made, WriteCondition.MustNotExist, cancel) == WriteResult.Written)
                return made;
        }
    }
}
