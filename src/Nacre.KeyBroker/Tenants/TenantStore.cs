using System.Runtime.CompilerServices;
using Nacre.Storage;

namespace Nacre.KeyBroker.Tenants;

/// <summary>
/// The part of a store that is one tenant's: every namespace gets the tenant's id in front, so whatever works on this store cannot reach
/// another's, and two tenants that use the same names do not meet. Every write is on the condition that the tenant is still there: what
/// comes late, from whatever process, leaves nothing behind. The other store stays the caller's.
/// </summary>
public sealed class TenantStore(IKeyValueStore inner, TenantRecord tenant) : IKeyValueStore
{
    private readonly string _prefix = PrefixOf(tenant);

    /// <summary>What the namespaces of a tenant begin with in the store below.</summary>
    public static string PrefixOf(TenantRecord tenant) => $"tenant:{tenant.Id}/";

    public ValueTask<StoredValue?> FindAsync(string space, string key, CancellationToken cancel) =>
        inner.FindAsync(_prefix + space, key, cancel);

    public ValueTask<IReadOnlyList<string>> ListAsync(string space, string prefix, string? after, int limit, CancellationToken cancel) =>
        inner.ListAsync(_prefix + space, prefix, after, limit, cancel);

    public async ValueTask<IReadOnlyList<StoredEntry>> ReadAsync(string space, string? after, int limit, CancellationToken cancel) =>
        [.. (await inner.ReadAsync(_prefix + space, after, limit, cancel)).Select(entry => entry with { Space = space })];

    /// <exception cref="StoreException">The store is not available, or the tenant was deleted.</exception>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel)
    {
        var isThere = TenantRecords.MustBe(tenant);
        var result = await inner.WriteAsync([.. writes.Select(Within), isThere], cancel);
        if (result == WriteResult.Conflict
            && !isThere.Condition.Holds((await inner.FindAsync(isThere.Space, isThere.Key, cancel))?.Version))
            throw new StoreException($"the tenant {tenant.Name} was deleted");

        return result;
    }

    public async IAsyncEnumerable<StoredEntry> SnapshotAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var entry in inner.SnapshotAsync(cancel))
        {
            if (entry.Space.StartsWith(_prefix, StringComparison.Ordinal))
                yield return entry with { Space = entry.Space[_prefix.Length..] };
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private StoreWrite Within(StoreWrite write) => write switch
    {
        { OnlyChecks: true } => StoreWrite.Check(_prefix + write.Space, write.Key, write.Condition),
        { Value: { } value } => StoreWrite.Set(_prefix + write.Space, write.Key, value, write.Condition),
        _ => StoreWrite.Delete(_prefix + write.Space, write.Key, write.Condition),
    };
}
