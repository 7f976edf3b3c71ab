namespace Nacre.Storage.Aws;

/// <summary>
/// Credentials that are fetched, and fetched again before they end. One caller fetches, the others wait for it; when that fails, what there is
/// stays in use to its end.
/// </summary>
internal sealed class EndingCredentials(
    Func<CancellationToken, ValueTask<(AwsCredentials Credentials, DateTimeOffset Until)>> fetch, TimeProvider clock) : IDisposable
{
    // The machine's service has new ones at the latest five minutes before the end.
    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private (AwsCredentials Credentials, DateTimeOffset Until)? _current;

    /// <exception cref="StoreException">There are none to be had.</exception>
    public async ValueTask<AwsCredentials> GetAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (FindGood(s_margin) is { } current)
                return current;

            try
            {
                _current = await fetch(cancel);
            }
            catch (StoreException) when (FindGood(s_least) is not null)
            {
                // Fetched again by the next caller.
            }

            return FindGood(TimeSpan.Zero) ?? throw new StoreException("AWS gave credentials that have ended already; is the clock right?");
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The service no longer takes them.</summary>
    public void Forget() => _current = null;

    public void Dispose() => _gate.Dispose();

    private AwsCredentials? FindGood(TimeSpan margin) =>
        _current is var (credentials, until) && clock.GetUtcNow() < until - margin ? credentials : null;
}
