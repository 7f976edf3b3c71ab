namespace Nacre.KeyBroker.Plugins.SecretManagers;

/// <param name="Value">The credential.</param>
/// <param name="Until">When it ends.</param>
internal sealed record AccessToken<T>(T Value, DateTimeOffset Until)
{
    public override string ToString() => "[secret]";
}

/// <summary>A credential that is fetched, and used until shortly before it ends. One caller fetches, the others wait for it.</summary>
internal sealed class AccessTokens<T>(Func<CancellationToken, ValueTask<AccessToken<T>>> fetch, TimeProvider clock) : IDisposable
    where T : class
{
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private AccessToken<T>? _current;

    /// <exception cref="BackendException">There is none to be had.</exception>
    public async ValueTask<T> GetAsync(CancellationToken cancel)
    {
        if (Usable() is { } current)
            return current;

        await _gate.WaitAsync(cancel);
        try
        {
            if (Usable() is { } made)
                return made;
            var fetched = await fetch(cancel);
            _current = fetched;
            return fetched.Value;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The service no longer takes it.</summary>
    public void Forget() => _current = null;

    public void Dispose() => _gate.Dispose();

    private T? Usable() => _current is { } current && clock.GetUtcNow() < current.Until - s_margin ? current.Value : null;
}
