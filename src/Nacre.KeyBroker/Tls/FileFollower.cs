namespace Nacre.KeyBroker.Tls;

/// <summary>Looks at files again and again, beside everything else (docs/adr/0020: polled, not watched).</summary>
internal sealed class FileFollower : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    /// <param name="every">How often.</param>
    /// <param name="clock">Says when.</param>
    /// <param name="look">Must not throw.</param>
    public FileFollower(TimeSpan every, TimeProvider clock, Action look) => _loop = Task.Run(() => FollowAsync(every, clock, look));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
    }

    private async Task FollowAsync(TimeSpan every, TimeProvider clock, Action look)
    {
        using var timer = new PeriodicTimer(every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
                look();
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The server ends.
        }
    }
}
