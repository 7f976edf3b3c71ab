using Microsoft.Extensions.Logging;
using Nacre.Storage;

namespace Nacre.KeyBroker.Audit.Export;

/// <summary>
/// Sends what this process has written of the audit record, and what others left in the same directory, each chain in order and each line
/// at least once, whatever is killed: it reads the files, which are written whether or not anybody receives them, and goes on where the
/// store says. No request waits for it.
/// </summary>
public sealed partial class AuditExporter : IAsyncDisposable
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_maxPause = TimeSpan.FromMinutes(1);

    private readonly AuditLog _audit;
    private readonly IKeyValueStore _store;
    private readonly AuditExportOptions _options;
    private readonly IAuditTarget _target;
    private readonly AuditTail _tail;
    private readonly AbandonedChains _abandoned;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private FileStream? _held;
    private AuditPosition? _position;
    private long? _searchedAt;

    /// <param name="audit">Whose chain is sent; must live longer.</param>
    /// <param name="store">Remembers how far it was sent.</param>
    /// <param name="options">Where to.</param>
    /// <param name="clock">Of this server.</param>
    /// <param name="log">Told when it cannot be sent.</param>
    public AuditExporter(AuditLog audit, IKeyValueStore store, AuditExportOptions options, TimeProvider clock, ILogger log)
    {
        (_audit, _store, _options, _clock, _log) = (audit, store, options, clock, log);
        _tail = new AuditTail(audit.Directory, audit.Chain);
        _abandoned = new AbandonedChains(audit.Directory, audit.Chain, store, options.Address, e => LogDamaged(log, e));
        _target = options.Kind switch
        {
            AuditExportKind.SyslogTls => new SyslogTls(options),
            AuditExportKind.Otlp => new OtlpLogs(options, log),
            _ => new SyslogDatagrams(options),
        };
        _loop = Task.Run(RunAsync);
    }

    /// <summary>What was not sent yet is sent after the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await _target.DisposeAsync();
        if (_held is not null)
            await _held.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = s_poll;
        try
        {
            while (true)
            {
                try
                {
                    var isMore = await SendOwnAsync(_stop.Token) | await SendAbandonedAsync(_stop.Token);
                    pause = s_poll;
                    if (!isMore)
                        await Task.Delay(s_poll, _clock, _stop.Token);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreException)
                {
                    LogWaiting(_log, _options.Target, pause.TotalSeconds, e);
                    await Task.Delay(pause, _clock, _stop.Token);
                    pause = pause * 2 < s_maxPause ? pause * 2 : s_maxPause;
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The server ends.
        }
    }

    /// <summary>False when all was sent.</summary>
    private async Task<bool> SendOwnAsync(CancellationToken cancel)
    {
        // Another process may be sending what it found in the chain before this one took it over.
        if ((_held ??= AuditChain.TryLock(_audit.Directory, _audit.Chain, AuditChain.ExportLock)) is null)
            return false;

        _position ??= await AuditPosition.ReadAsync(_store, _audit.Chain, _options.Address, cancel);
        var (lines, end) = _tail.Read(_position, _audit.Head);
        if (lines.Count == 0)
            return false;

        await SendAsync(lines, cancel);
        _position = end;
        await end.WriteAsync(_store, _audit.Chain, _options.Address, cancel);
        return true;
    }

    /// <summary>False when there is none, or when it is not yet time to look again.</summary>
    private async Task<bool> SendAbandonedAsync(CancellationToken cancel)
    {
        if (_searchedAt is { } before && _clock.GetElapsedTime(before) < _options.SearchEvery)
            return false;

        using var found = await _abandoned.NextAsync(cancel);
        if (found is null)
        {
            _searchedAt = _clock.GetTimestamp();
            return false;
        }

        await SendAsync(found.Lines, cancel);
        await found.End.WriteAsync(_store, found.Chain, _options.Address, cancel);
        return true;
    }

    private async Task SendAsync(IReadOnlyList<AuditExportLine> lines, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(s_limit);
        try
        {
            await _target.SendAsync(lines, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"{_options.Target} did not take the lines within {s_limit.TotalSeconds} seconds", e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit record waits to be sent to {Target}; the next try is in {Seconds} s")]
    private static partial void LogWaiting(ILogger log, Uri target, double seconds, Exception e);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "A chain of the audit record that nobody writes cannot be sent on; nacre audit verify says why")]
    private static partial void LogDamaged(ILogger log, Exception e);
}
