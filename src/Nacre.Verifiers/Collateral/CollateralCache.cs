using System.Collections.Concurrent;
using Nacre.Formats;

namespace Nacre.Verifiers.Collateral;

/// <summary>
/// Keeps collateral in a folder that processes may share. What is kept is proved before it is taken and again when it is read. A document
/// that is still good is given at once and renewed behind the caller's back when it is old or a quarter of its time is left; one behind its
/// end is asked for, and the old one is given only while there is no better and at most <see cref="Grace"/> behind its end (the verifier
/// says so). A document is never replaced by one that was issued before it.
/// </summary>
/// <remarks>
/// One process asks for a document at a time. After a failure the service is left alone for <see cref="Pause"/>, or as long as it asks, but
/// not longer than an hour.
/// </remarks>
public sealed class CollateralCache(string folder, TimeProvider clock) : IAsyncDisposable
{
    private const int MaxFailures = 1024;
    private const int MaxInMemory = 1024;
    private static readonly TimeSpan s_longestPause = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Task> _renewals = [];
    private readonly ConcurrentDictionary<string, Failure> _failures = new();
    private readonly ConcurrentDictionary<string, KeptCollateral> _inMemory = new();

    /// <summary>How long behind its end a document may still be given. Zero for never.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>The age at which a document is renewed although it has not ended.</summary>
    public TimeSpan RenewAfter { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long a service that failed is not asked again for the same document.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Told of what does not stop a verification: a renewal that failed, a folder that cannot be written.</summary>
    public Action<CollateralUnavailableException>? Trouble { get; init; }

    /// <summary>The document, which may be behind its end by the grace; null when the source has none.</summary>
    /// <exception cref="CollateralUnavailableException">There is none that may be given, and the source does not give one.</exception>
    internal async ValueTask<CollateralDocument?> GetAsync(
        CollateralItem item, Func<CancellationToken, ValueTask<CollateralDocument?>> ask, CancellationToken cancel)
    {
        var kept = await ReadAsync(item, cancel);
        var now = clock.GetUtcNow();
        if (kept is not null && now <= kept.Life.Until)
        {
            if (item.Renews && IsOld(kept, now) && FindFailure(item) is null)
                StartRenewal(item, ask);
            return kept.Document;
        }

        try
        {
            return await AskAsync(item, ask, cancel);
        }
        catch (CollateralUnavailableException error) when (kept is not null && now - kept.Life.Until <= Grace)
        {
            Trouble?.Invoke(error);
            return kept.Document;
        }
    }

    /// <summary>When <see cref="GetAsync"/> should be asked again for this document.</summary>
    internal DateTimeOffset DueOf(CollateralLife life)
    {
        var now = clock.GetUtcNow();
        var ahead = Ahead(life);
        var (soon, later) = (now + Pause, now + RenewAfter / 24);
        return ahead <= now ? soon : ahead < later ? ahead : later;
    }

    /// <summary>Ends when nothing is being renewed.</summary>
    internal Task SettleAsync()
    {
        lock (_renewals)
            return Task.WhenAll(_renewals.Values);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await SettleAsync();
        _stop.Dispose();
    }

    private async ValueTask<KeptCollateral?> ReadAsync(CollateralItem item, CancellationToken cancel)
    {
        var known = _inMemory.GetValueOrDefault(item.Path);
        var kept = await CollateralFile.ReadAsync(folder, item, known, cancel);
        if (kept is not null && !ReferenceEquals(kept, known))
        {
            // Guests choose what is asked for: whoever asks for others without end only makes the rest be read again.
            if (_inMemory.Count >= MaxInMemory)
                _inMemory.Clear();
            _inMemory[item.Path] = kept;
        }

        return kept;
    }

    // Near its end a document is asked for more often, but not each time: the vendor may have no newer one yet.
    private bool IsOld(KeptCollateral kept, DateTimeOffset now) =>
        now - kept.Since >= (now >= Ahead(kept.Life) ? RenewAfter / 24 : RenewAfter);

    private static DateTimeOffset Ahead(CollateralLife life) => life.Until - (life.Until - life.From) / 4;

    /// <summary>Why the service is left alone; null when it is not.</summary>
    private CollateralUnavailableException? FindFailure(CollateralItem item) =>
        _failures.TryGetValue(item.Path, out var last) && clock.GetUtcNow() < last.Until ? last.Error : null;

    private void StartRenewal(CollateralItem item, Func<CancellationToken, ValueTask<CollateralDocument?>> ask)
    {
        lock (_renewals)
        {
            if (!_stop.IsCancellationRequested && !_renewals.ContainsKey(item.Path))
                _renewals[item.Path] = RenewAsync(item, ask);
        }
    }

    private async Task RenewAsync(CollateralItem item, Func<CancellationToken, ValueTask<CollateralDocument?>> ask)
    {
        await Task.Yield();
        try
        {
            await AskAsync(item, ask, _stop.Token);
        }
        catch (CollateralUnavailableException error)
        {
            Trouble?.Invoke(error);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The cache is closed; the document stays as it is.
        }
        finally
        {
            lock (_renewals)
                _renewals.Remove(item.Path);
        }
    }

    private async ValueTask<CollateralDocument?> AskAsync(
        CollateralItem item, Func<CancellationToken, ValueTask<CollateralDocument?>> ask, CancellationToken cancel)
    {
        await using var turn = await CollateralFile.TakeTurnAsync(folder, item, clock, cancel);

        // Others may have asked meanwhile, and got an answer or none.
        var kept = await ReadAsync(item, cancel);
        var now = clock.GetUtcNow();
        if (kept is not null && now <= kept.Life.Until && !(item.Renews && IsOld(kept, now)))
            return kept.Document;
        if (FindFailure(item) is { } failure)
            throw new CollateralUnavailableException(failure.What, failure.Where, failure.Reason);

        try
        {
            var document = await ask(cancel);
            if (document is null)
                return kept is null ? null : throw new CollateralUnavailableException(item.What, item.Path, "the service has lost it");

            var life = Prove(item, document);
            if (kept is not null && life.From < kept.Life.From)
                throw new CollateralUnavailableException(
                    item.What, item.Path, $"the service serves one of {life.From:u}, older than the one of {kept.Life.From:u}");

            _failures.TryRemove(item.Path, out _);
            if (now > life.Until)
            {
                var late = new CollateralUnavailableException(item.What, item.Path, $"the service serves one that ended at {life.Until:u}");
                if (now - life.Until > Grace)
                    throw late;

                Remember(item, late);
            }

            await KeepAsync(item, document, cancel);
            return document;
        }
        catch (CollateralUnavailableException error)
        {
            Remember(item, error);
            throw;
        }
    }

    private void Remember(CollateralItem item, CollateralUnavailableException error)
    {
        // Guests choose what is asked for, so the list must not grow with it.
        if (_failures.Count >= MaxFailures)
            _failures.Clear();

        var pause = error.RetryAfter > Pause ? error.RetryAfter.Value : Pause;
        _failures[item.Path] = new(error, clock.GetUtcNow() + (pause < s_longestPause ? pause : s_longestPause));
    }

    private static CollateralLife Prove(CollateralItem item, CollateralDocument document)
    {
        try
        {
            return item.Prove(document);
        }
        catch (MalformedDataException error)
        {
            throw new CollateralUnavailableException(
                item.What, item.Path, $"what the service answers cannot be used: {error.Message}", error);
        }
    }

    private async ValueTask KeepAsync(CollateralItem item, CollateralDocument document, CancellationToken cancel)
    {
        try
        {
            await CollateralFile.WriteAsync(folder, item, document, clock.GetUtcNow(), cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It is good all the same; only the next process has to ask again.
            Trouble?.Invoke(new(item.What, Path.Combine(folder, item.Path), $"it cannot be kept: {error.Message}", error));
        }
    }

    private sealed record Failure(CollateralUnavailableException Error, DateTimeOffset Until);
}
