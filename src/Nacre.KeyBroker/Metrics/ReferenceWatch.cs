using Nacre.Attestation.ReferenceValues;

namespace Nacre.KeyBroker.Metrics;

/// <summary>
/// Counts reference values for the metrics: as of the last time that somebody looked. The first look reads all of them, which takes longest of
/// all that a start does with a full store, so it goes on beside the rest of it.
/// </summary>
internal sealed class ReferenceWatch : IAsyncDisposable
{
    private readonly ReferenceValueStore? _store;
    private readonly Task _first;
    private ReferenceValueSnapshot? _last;

    private ReferenceWatch(ReferenceValueStore? store, CancellationToken cancel)
    {
        _store = store;
        _first = Task.Run(() => RefreshAsync(cancel), cancel);
    }

    /// <param name="store">Keeps them; null when they are elsewhere, and then nothing is counted.</param>
    /// <param name="cancel">Stops the first look.</param>
    public static ReferenceWatch Begin(ReferenceValueStore? store, CancellationToken cancel) => new(store, cancel);

    /// <summary>Ends with the first look.</summary>
    /// <param name="metrics">Gets the counts from then on.</param>
    /// <param name="clock">Says what has ended.</param>
    public async Task StartedAsync(BrokerMetrics metrics, TimeProvider clock)
    {
        await _first;
        if (_store is not null)
            metrics.ObserveReferences(() => _last!.CountAt(clock.GetUtcNow()));
    }

    public async Task RefreshAsync(CancellationToken cancel)
    {
        if (_store is not null)
            _last = await _store.SnapshotAsync(cancel);
    }

    /// <summary>For a start that failed: the store must not be closed under the first look.</summary>
    public async ValueTask DisposeAsync() => await _first.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
