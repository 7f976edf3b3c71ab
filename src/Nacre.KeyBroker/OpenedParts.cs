namespace Nacre.KeyBroker;

/// <summary>What a server has opened so far; closed in the opposite order, at its end or when it cannot start.</summary>
internal sealed class OpenedParts : IAsyncDisposable
{
    private readonly Stack<object> _parts = new();

    public T Keep<T>(T part)
        where T : class, IAsyncDisposable
    {
        _parts.Push(part);
        return part;
    }

    /// <summary>The same for what is closed at once.</summary>
    public T KeepPlain<T>(T part)
        where T : class, IDisposable
    {
        _parts.Push(part);
        return part;
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            if (part is IAsyncDisposable closing)
                await closing.DisposeAsync();
            else
                ((IDisposable)part).Dispose();
        }
    }
}
