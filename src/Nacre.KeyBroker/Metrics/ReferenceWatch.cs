using Nacre.Attestation;
using Nacre.Attestation.ReferenceValues;

namespace Nacre.KeyBroker.Metrics;

/// <summary>Counts reference values for the metrics: as of the last time that somebody looked.</summary>
internal sealed class ReferenceWatch
{
    private readonly AttestationService? _service;
    private ReferenceValueSnapshot? _last;

    private ReferenceWatch(AttestationService? service) => _service = service;

    /// <param name="service">Keeps them; null when they are elsewhere, and then nothing is counted.</param>
    /// <param name="metrics">Gets the counts.</param>
    /// <param name="clock">Says what has ended.</param>
    /// <param name="cancel">Stops the first look.</param>
    public static async Task<ReferenceWatch> StartAsync(
        AttestationService? service, BrokerMetrics metrics, TimeProvider clock, CancellationToken cancel)
    {
        var watch = new ReferenceWatch(service is { RemoteReferences: null } ? service : null);
        if (watch._service is null)
            return watch;

        await watch.RefreshAsync(cancel);
        metrics.ObserveReferences(() => watch._last!.CountAt(clock.GetUtcNow()));
        return watch;
    }

    public async Task RefreshAsync(CancellationToken cancel)
    {
        if (_service is not null)
            _last = await _service.References.SnapshotAsync(cancel);
    }
}
