using Nacre.Attestation;
using Nacre.Attestation.ReferenceValues;

namespace Nacre.KeyBroker.Metrics;

/// <summary>
/// Counts reference values for the metrics: as of the last time that somebody looked. The first look reads all of them, which takes longest of
/// all that a start does with a full store, so it goes on beside the rest of it.
/// </summary>
internal sealed class ReferenceWatch : IAsyncDisposable
{
    private readonly AttestationService? _service;
    private readonly Task _first;
    private ReferenceValueSnapshot? _last;

    private ReferenceWatch(AttestationService? service, CancellationToken cancel)
    {
        _service = service;
        _first = Task.Run(() => RefreshAsync(cancel), cancel);
    }

    /// <param name="service">Keeps them; null when they are elsewhere, and then nothing is counted.</param>
    /// <param name="cancel">Stops the first look.</param>
    public static ReferenceWatch Begin(AttestationService? service, CancellationToken cancel) =>
        new(service is { RemoteReferences: null } ? service : null, cancel);

    /// <summary>Ends with the first look.</summary>
    /// <param name="metrics">Gets the counts from then on.</param>
    /// <param name="clock">Says what has ended.</param>
    public async Task StartedAsync(BrokerMetrics metrics, TimeProvider clock)
    {
        await _first;
        if (_service is not null)
            metrics.ObserveReferences(() => _last!.CountAt(clock.GetUtcNow()));
    }

    public async Task RefreshAsync(CancellationToken cancel)
    {
        if (_service is not null)
            _last = await _service.References.SnapshotAsync(cancel);
    }

    /// <summary>For a start that failed: the store must not be closed under the first look.</summary>
    public async ValueTask DisposeAsync() => await _first.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
