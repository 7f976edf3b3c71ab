using Microsoft.Extensions.Logging;

namespace Nacre.KeyBroker.Health;

/// <summary>
/// Whether requests should be sent here. The parts are really used, all at once, each for a bounded time, and at most once a second however
/// often it is asked.
/// </summary>
public sealed partial class ServerHealth(IReadOnlyList<HealthPart> parts, TimeProvider clock, ILogger log) : IDisposable
{
    private static readonly TimeSpan s_keep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private HealthFinding[]? _last;
    private long _lastAt;
    private volatile bool _isDraining;

    /// <summary>The server is about to stop: nothing new should come, what is here is still served.</summary>
    public bool IsDraining => _isDraining;

    public void BeginDrain() => _isDraining = true;

    /// <summary>One finding a part, in their order.</summary>
    public async ValueTask<IReadOnlyList<HealthFinding>> CheckAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (_last is { } recent && clock.GetElapsedTime(_lastAt) < s_keep)
                return recent;

            // Whoever asked may go: the answer is for all.
            var found = await Task.WhenAll(parts.Select(CheckAsync));
            Tell(_last, found);
            (_last, _lastAt) = (found, clock.GetTimestamp());
            return found;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<HealthFinding> CheckAsync(HealthPart part)
    {
        var since = clock.GetTimestamp();
        using var bound = new CancellationTokenSource(s_bound, clock);
        string? trouble;
        try
        {
            // Not on this thread: a disk that hangs does not look at tokens.
            trouble = await Task.Run(() => part.CheckAsync(bound.Token).AsTask(), bound.Token)
                .WaitAsync(s_bound, clock, CancellationToken.None);
        }
        catch (Exception e) when (e is TimeoutException || e is OperationCanceledException && bound.IsCancellationRequested)
        {
            trouble = $"does not answer within {s_bound.TotalSeconds:0} s";
        }
#pragma warning disable CA1031 // Whatever is wrong with a part is what the operator asks for; the exception goes to the log.
        catch (Exception e)
        {
            LogTrouble(log, part.Name, e);
            trouble = "does not work; the server's log says why";
        }
#pragma warning restore CA1031

        return new HealthFinding(part.Name, part.IsVital, trouble, clock.GetElapsedTime(since));
    }

    private void Tell(HealthFinding[]? before, HealthFinding[] now)
    {
        for (var i = 0; i < now.Length; i++)
        {
            var was = before?[i].Trouble;
            if (now[i].Trouble is { } trouble && trouble != was)
                LogFound(log, now[i].Name, trouble);
            else if (now[i].Trouble is null && was is not null)
                LogWell(log, now[i].Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Health: the check of {Part} failed")]
    private static partial void LogTrouble(ILogger log, string part, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Health: {Part}: {Trouble}")]
    private static partial void LogFound(ILogger log, string part, string trouble);

    [LoggerMessage(Level = LogLevel.Information, Message = "Health: {Part} is well again")]
    private static partial void LogWell(ILogger log, string part);
}
