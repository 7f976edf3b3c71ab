using Nacre.Attestation.ReferenceValues;

namespace Nacre.KeyBroker.Metrics;

/// <summary>Counts reference values for the metrics: as of the last time that somebody looked.</summary>
internal sealed class ReferenceWatch
{
    private readonly ReferenceValueStore? _store;
    private ReferenceValueSnapshot? _last;

    private ReferenceWatch(ReferenceValueStore? store) => _store = store;

    /// <param name="store">Keeps them; null when they are elsewhere, and then nothing is counted.</param>
    /// <param name="metrics">Gets the counts.</param>
    /// <param name="clock">Says what has ended.</param>
    /// <param name="cancel">Stops the first look.</param>
    public static async Task<ReferenceWatch> StartAsync(
        ReferenceValueStore? store, BrokerMetrics metrics, TimeProvider clock, CancellationToken cancel)
    {
        var watch = new ReferenceWatch(store);
        if (store is null)
            return watch;

        await watch.RefreshAsync(cancel);
        metrics.ObserveReferences(() => watch._last!.CountAt(clock.GetUtcNow()));
        return watch;
    }

    public async Task RefreshAsync(CancellationToken cancel)
    {
        if (_store is not null)
            _last = await _store.SnapshotAsync(cancel);
    }
}
