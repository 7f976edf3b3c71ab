using System.Diagnostics;

namespace Nacre.Storage;

/// <summary>
/// A value made from many rows, remade only when a writer has said that they changed. Readers ask the store for one small row, at most once
/// in <see cref="View"/>; a change is acknowledged when that time has passed in every process, so what was acknowledged is seen by all
/// requests that come after (docs/adr/0024).
/// </summary>
public sealed class GenerationCache<T>(IKeyValueStore store, string name, Func<CancellationToken, ValueTask<T>> load) : IDisposable
    where T : class
{
    /// <summary>How long a reader goes on without asking.</summary>
    public static readonly TimeSpan View = TimeSpan.FromMilliseconds(40);

    private const string Space = "generation";

    // Longer than the view of any reader, whose clock is another processor's.
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Entry? _entry;

    /// <summary>Writes what the value is made from, all or nothing; returns when every process has the new value at its next request.</summary>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel)
    {
        var result = await store.WriteAsync([.. writes, StoreWrite.Set(Space, name, [1])], cancel);

        // What is written is waited for whether or not the caller still does.
        if (result == WriteResult.Written)
            await Task.Delay(s_settling, CancellationToken.None);
        return result;
    }

    public async ValueTask<T> GetAsync(CancellationToken cancel)
    {
        if (Volatile.Read(ref _entry) is { } fresh && fresh.IsFresh)
            return fresh.Value;
        if (await TryRenewAsync(cancel) is { } renewed)
            return renewed.Value;

        await _gate.WaitAsync(cancel);
        try
        {
            return (await TryRenewAsync(cancel) ?? await LoadAsync(cancel)).Value;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>Null when the rows have changed since they were loaded, or never were.</summary>
    private async ValueTask<Entry?> TryRenewAsync(CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        if (Volatile.Read(ref _entry) is not { } entry || await GenerationAsync(cancel) != entry.Generation)
            return null;

        var renewed = entry with { Since = since };
        Interlocked.CompareExchange(ref _entry, renewed, entry);
        return renewed;
    }

    private async ValueTask<Entry> LoadAsync(CancellationToken cancel)
    {
        // Time and generation are read before the rows: a change meanwhile makes the next reader load again.
        var since = Stopwatch.GetTimestamp();
        var generation = await GenerationAsync(cancel);
        var entry = new Entry(generation, since, await load(cancel));
        Volatile.Write(ref _entry, entry);
        return entry;
    }

    private async ValueTask<long> GenerationAsync(CancellationToken cancel) => (await store.FindAsync(Space, name, cancel))?.Version ?? 0;

    private sealed record Entry(long Generation, long Since, T Value)
    {
        public bool IsFresh => Stopwatch.GetElapsedTime(Since) < View;
    }
}
