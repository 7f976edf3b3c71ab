using Microsoft.Extensions.Logging;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.Attestation.Remote;

/// <summary>
/// The keys that somebody publishes. They are asked for when the first token comes, when they are old, and when a token names a key that is
/// not known; while they cannot be had the last ones stay good for a time, and then none is.
/// </summary>
public sealed partial class PublishedKeys(KeySetSource source, ILogger log) : IDisposable
{
    /// <summary>How old the keys may be before they are asked for again.</summary>
    private static readonly TimeSpan s_refreshAfter = TimeSpan.FromHours(1);

    /// <summary>How old they may become while nobody answers.</summary>
    private static readonly TimeSpan s_maxAge = TimeSpan.FromHours(24);

    /// <summary>Between two attempts, whatever tokens come: nobody can make this server flood another.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Loaded? _loaded;
    private DateTimeOffset _triedAt = DateTimeOffset.MinValue;

    public string Address => source.Address;

    /// <summary>All of them, with the one of that id where there is one; null when they cannot be had now.</summary>
    public async ValueTask<IReadOnlyList<JwtVerificationKey>?> FindAsync(string? keyId, DateTimeOffset now, CancellationToken cancel)
    {
        if (Volatile.Read(ref _loaded) is { } known && IsEnough(known, keyId, now))
            return known.Keys;

        await _gate.WaitAsync(cancel);
        try
        {
            if (_loaded is { } loaded && IsEnough(loaded, keyId, now))
                return loaded.Keys;
            if (now - _triedAt >= s_pause || now < _triedAt)
                await LoadAsync(now);
            return _loaded is { } kept && now - kept.At < s_maxAge ? kept.Keys : null;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        source.Dispose();
        _gate.Dispose();
    }

    private static bool IsEnough(Loaded loaded, string? keyId, DateTimeOffset now) =>
        now - loaded.At < s_refreshAfter && (keyId is null || loaded.Keys.Any(key => key.KeyId is null || key.KeyId == keyId));

    // Goes on when the peer that asked has gone: others wait for the same answer.
    private async ValueTask LoadAsync(DateTimeOffset now)
    {
        _triedAt = now;
        try
        {
            Volatile.Write(ref _loaded, new Loaded(await source.FetchAsync(CancellationToken.None), now));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or MalformedDataException)
        {
            LogAway(log, Address, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of {Address} cannot be had")]
    private static partial void LogAway(ILogger log, string address, Exception e);

    private sealed record Loaded(IReadOnlyList<JwtVerificationKey> Keys, DateTimeOffset At);
}
