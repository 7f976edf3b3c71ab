namespace Nacre.KeyBroker.Sessions;

/// <summary>
/// Nonces that were answered, until they would have expired anyway: each counts once. Held in this process only; with several processes on
/// one store the same evidence could be shown once to each, always for the same key and the same guest.
/// </summary>
public sealed class NonceRecord(TimeSpan life, TimeProvider clock)
{
    /// <summary>Bounds the memory; beyond it nonces are refused, not forgotten.</summary>
    private const int MaxPerGeneration = 2_000_000;

    private readonly Lock _gate = new();
    private HashSet<string> _current = [];
    private HashSet<string> _previous = [];
    private DateTimeOffset _since = clock.GetUtcNow();

    /// <summary>False when it was used before, or when there are too many to remember.</summary>
    public bool TryUse(string nonce)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (now - _since >= life)
            {
                // What is older than two lives is in neither set, and its session has expired.
                _previous = now - _since < 2 * life ? _current : [];
                _current = [];
                _since = now;
            }

            return _current.Count < MaxPerGeneration && !_previous.Contains(nonce) && _current.Add(nonce);
        }
    }
}
