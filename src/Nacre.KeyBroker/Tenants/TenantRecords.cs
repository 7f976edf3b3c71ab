using System.Security.Cryptography;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;
using Nacre.Storage;

namespace Nacre.KeyBroker.Tenants;

/// <summary>Which tenants there are: rows of the server's own store, read at every request, so that each process knows at once.</summary>
public sealed class TenantRecords(IKeyValueStore store, TimeProvider clock)
{
    public const int MaxTenants = 1000;

    private const string Space = "tenant";
    private const int SweepBatch = 500;

    /// <summary>Holds while the tenant is there and is not being deleted.</summary>
    public static StoreWrite MustBe(TenantRecord tenant) =>
        StoreWrite.Check(Space, tenant.Name, WriteCondition.MustBe(tenant.Version));

    /// <summary>Null when there is none of that name.</summary>
    public async ValueTask<TenantRecord?> FindAsync(string name, CancellationToken cancel) =>
        TenantName.IsValid(name) && await store.FindAsync(Space, name, cancel) is { } stored ? TenantRecord.Parse(name, stored) : null;

    /// <exception cref="KbsProblemException">404 when there is none, or it is being deleted.</exception>
    public async ValueTask<TenantRecord> RequireAsync(string name, CancellationToken cancel) =>
        await FindAsync(name, cancel) is { IsEnding: false } found ? found : throw NotFound(name);

    public async ValueTask<IReadOnlyList<TenantRecord>> ListAsync(CancellationToken cancel)
    {
        var tenants = new List<TenantRecord>();
        foreach (var name in await store.ListAllAsync(Space, "", cancel))
        {
            if (await FindAsync(name, cancel) is { } tenant)
                tenants.Add(tenant);
        }

        return tenants;
    }

    /// <exception cref="KbsProblemException">400 for a name that may not be, 409 when it is taken or there are too many.</exception>
    public async ValueTask<TenantRecord> CreateAsync(string name, CancellationToken cancel)
    {
        if (!TenantName.IsValid(name))
            throw KbsProblemException.Malformed($"'{name}' is no name of a tenant; it is {TenantName.Rule}");
        if ((await store.ListAllAsync(Space, "", cancel)).Count >= MaxTenants)
            throw Conflict($"there are {MaxTenants} tenants, which is all that one server takes");

        var tenant = new TenantRecord(name, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), clock.GetUtcNow());
        return await store.SetAsync(Space, name, tenant.ToUtf8(), WriteCondition.MustNotExist, cancel) == WriteResult.Written
            ? tenant : throw Conflict($"there is a tenant '{name}' already, or one that is not wholly deleted: delete it again");
    }

    /// <summary>
    /// Ends the tenant for every process, then removes all that it had, then its name. When it is interrupted, the name stays taken until
    /// it is deleted again.
    /// </summary>
    /// <exception cref="KbsProblemException">404 when there is none.</exception>
    public async ValueTask DeleteAsync(string name, CancellationToken cancel)
    {
        var tenant = await FindAsync(name, cancel) ?? throw NotFound(name);
        var ending = StoreWrite.Set(Space, name, (tenant with { IsEnding = true }).ToUtf8(), WriteCondition.MustBe(tenant.Version));
        if (!tenant.IsEnding && await store.WriteAsync([ending], cancel) == WriteResult.Conflict)
            throw Conflict($"the tenant '{name}' is being deleted by somebody else");

        await SweepAsync(tenant, cancel);
        if (await FindAsync(name, cancel) is { IsEnding: true } ended && ended.Id == tenant.Id)
            await store.DeleteAsync(Space, name, WriteCondition.MustBe(ended.Version), cancel);
    }

    // No write of the tenant can come after its end, so what is listed here is all there will be.
    private async ValueTask SweepAsync(TenantRecord tenant, CancellationToken cancel)
    {
        var prefix = TenantStore.PrefixOf(tenant);
        var rows = new List<StoreWrite>();
        await foreach (var entry in store.SnapshotAsync(cancel))
        {
            if (entry.Space.StartsWith(prefix, StringComparison.Ordinal))
                rows.Add(StoreWrite.Delete(entry.Space, entry.Key));
        }

        foreach (var batch in rows.Chunk(SweepBatch))
            await store.WriteAsync(batch, cancel);
    }

    private static KbsProblemException NotFound(string name) => KbsProblemException.NotFound($"there is no tenant '{name}'");

    private static KbsProblemException Conflict(string detail) => new(409, ErrorTypes.Conflict, detail);
}
