namespace Nacre.Storage;

/// <summary>
/// A value made from many rows, remade only when a writer has said that they changed. Writers add <see cref="Touch"/> to their
/// transaction; readers ask the store for one small row, so that every process sees a change from the next request on.
/// </summary>
public sealed class GenerationCache<T>(IKeyValueStore store, string name, Func<CancellationToken, ValueTask<T>> load) : IDisposable
    where T : class
{
    private const string Space = "generation";

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Entry? _entry;

    /// <summary>To be written in the same transaction as what the value is made from.</summary>
    public StoreWrite Touch() => StoreWrite.Set(Space, name, [1]);

    public async ValueTask<T> GetAsync(CancellationToken cancel)
    {
        var generation = await GenerationAsync(cancel);
        if (Volatile.Read(ref _entry) is { } entry && entry.Generation == generation)
            return entry.Value;

        await _gate.WaitAsync(cancel);
        try
        {
            // Read before loading: a change during the load makes the next reader load again.
            generation = await GenerationAsync(cancel);
            if (_entry is { } current && current.Generation == generation)
                return current.Value;

            var loaded = await load(cancel);
            Volatile.Write(ref _entry, new Entry(generation, loaded));
            return loaded;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async ValueTask<long> GenerationAsync(CancellationToken cancel) => (await store.FindAsync(Space, name, cancel))?.Version ?? 0;

    private sealed record Entry(long Generation, T Value);
}
