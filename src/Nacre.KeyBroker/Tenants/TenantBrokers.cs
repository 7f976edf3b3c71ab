using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Tenants;

/// <summary>
/// The server's own broker and those of its tenants. A tenant's is opened when it is first asked for, once however many ask together, and
/// closed when it was not used for a while, when too many are open, or when the tenant is no longer the same.
/// </summary>
/// <param name="server">For requests without a tenant; stays the caller's.</param>
/// <param name="records">Which tenants there are.</param>
/// <param name="open">Opens a tenant's broker.</param>
/// <param name="clock">Of this server.</param>
public sealed class TenantBrokers(
    Broker server, TenantRecords records, Func<TenantRecord, CancellationToken, Task<Broker>> open, TimeProvider clock) : IAsyncDisposable
{
    private const int MaxOpen = 128;
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, OpenTenant> _open = [];

    public Broker Server => server;

    /// <summary>The broker that serves a request; it stays open until what is returned is disposed.</summary>
    /// <param name="name">Of the tenant; null for the server's own.</param>
    /// <param name="cancel">The peer has gone.</param>
    /// <exception cref="KbsProblemException">404 when there is no such tenant.</exception>
    public async ValueTask<TenantVisit> EnterAsync(string? name, CancellationToken cancel)
    {
        if (name is null)
            return new TenantVisit(server, null);

        var record = await records.RequireAsync(name, cancel);
        var closing = new List<OpenTenant>();
        var tenant = Take(record, closing) ?? throw KbsProblemException.NotFound($"the tenant '{name}' was deleted");
        try
        {
            foreach (var old in closing)
                await old.DisposeAsync();
            return new TenantVisit(await tenant.OpenAsync(open, cancel), () => LeaveAsync(tenant));
        }
        catch
        {
            await LeaveAsync(tenant);
            throw;
        }
    }

    /// <summary>Call when no request runs any more.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var tenant in _open.Values)
            await tenant.DisposeAsync();
    }

    /// <summary>Null when the record is older than one that was seen since.</summary>
    private OpenTenant? Take(TenantRecord record, List<OpenTenant> closing)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (_open.TryGetValue(record.Name, out var tenant) && tenant.Record.Version < record.Version)
            {
                Retire(tenant, closing);
                tenant = null;
            }

            if (tenant is null)
            {
                RetireIdle(closing);
                _open.Add(record.Name, tenant = new OpenTenant(record));
            }

            if (tenant.Record.Version > record.Version)
                return null;
            tenant.Users++;
            tenant.LastUsed = now;
            return tenant;
        }
    }

    private async ValueTask LeaveAsync(OpenTenant tenant)
    {
        bool isLast;
        lock (_gate)
        {
            tenant.LastUsed = clock.GetUtcNow();
            isLast = --tenant.Users == 0 && tenant.IsRetired;
        }

        if (isLast)
            await tenant.DisposeAsync();
    }

    private void RetireIdle(List<OpenTenant> closing)
    {
        var surplus = _open.Count + 1 - MaxOpen;
        foreach (var tenant in _open.Values.Where(tenant => tenant.Users == 0).OrderBy(tenant => tenant.LastUsed).ToList())
        {
            if (surplus-- <= 0 && clock.GetUtcNow() - tenant.LastUsed < s_idle)
                return;
            Retire(tenant, closing);
        }
    }

    private void Retire(OpenTenant tenant, List<OpenTenant> closing)
    {
        _open.Remove(tenant.Record.Name);
        tenant.IsRetired = true;
        if (tenant.Users == 0)
            closing.Add(tenant);
    }
}

/// <summary>A broker while a request uses it.</summary>
/// <param name="Broker">Serves the request.</param>
/// <param name="Leave">Null when nobody counts.</param>
public readonly record struct TenantVisit(Broker Broker, Func<ValueTask>? Leave) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        if (Leave is not null)
            await Leave();
    }
}
