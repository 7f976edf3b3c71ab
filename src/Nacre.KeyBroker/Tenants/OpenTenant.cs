namespace Nacre.KeyBroker.Tenants;

/// <summary>A tenant's broker and who uses it; the counts belong to <see cref="TenantBrokers"/>.</summary>
internal sealed class OpenTenant(TenantRecord record) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private Broker? _broker;

    public TenantRecord Record => record;

    public int Users { get; set; }

    public DateTimeOffset LastUsed { get; set; }

    /// <summary>Nobody else gets it; whoever leaves last closes it.</summary>
    public bool IsRetired { get; set; }

    /// <summary>The first to come opens it, also for those who wait; when that fails the next tries again.</summary>
    public async ValueTask<Broker> OpenAsync(Func<TenantRecord, CancellationToken, Task<Broker>> open, CancellationToken cancel)
    {
        if (Volatile.Read(ref _broker) is { } broker)
            return broker;

        await _gate.WaitAsync(cancel);
        try
        {
            return _broker ??= await open(record, CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null)
            await _broker.DisposeAsync();
        _gate.Dispose();
    }
}
