using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Nacre.Formats;
using Nacre.KeyBroker.Health;
using Nacre.KeyBroker.Telemetry;
using Nacre.Storage;

namespace Nacre.KeyBroker.Audit;

/// <summary>
/// The audit record of this process. Whatever is waiting when the writer looks is written and flushed together, so that concurrent requests
/// share one flush; lines that nobody waits for join the next group, or make one after <see cref="Lag"/>. The store is told the end of the
/// chain at most once in <see cref="AuditLogOptions.AnchorEvery"/>, and when the process ends.
/// </summary>
public sealed partial class AuditLog : IAsyncDisposable
{
    /// <summary>How long a line that nobody waits for stays out of the record.</summary>
    public static readonly TimeSpan Lag = TimeSpan.FromMilliseconds(20);

    private const string KeySpace = "key";
    private const string KeyName = "audit-mac";

    private readonly AuditChain _chain;
    private readonly AuditAnchors _anchors;
    private readonly AuditLogOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly SecretBytes _macKey;
    private readonly AuditQueue _queue = new();
    private readonly Task _loop;
    private int _isWaking;
    private AuditHead _anchored = AuditHead.Start;
    private long _anchoredAt;
    private volatile bool _isFailing;

    private AuditLog(AuditChain chain, AuditAnchors anchors, AuditLogOptions options, TimeProvider clock, ILogger log, SecretBytes macKey)
    {
        (_chain, _anchors, _options, _clock, _log, _macKey) = (chain, anchors, options, clock, log, macKey);
        _anchoredAt = clock.GetTimestamp();
        _loop = Task.Run(RunAsync);
    }

    public string Directory => _options.Directory;

    public string Chain => _chain.Id;

    /// <summary>After the last line that is on disk.</summary>
    public AuditHead Head => _chain.Head;

    /// <summary>Goes on with a chain that no process writes, or begins one. Call while no other process opens the same directory.</summary>
    /// <exception cref="AuditException">The record cannot be written.</exception>
    public static async Task<AuditLog> OpenAsync(
        IKeyValueStore store, AuditLogOptions options, TimeProvider clock, ILogger log, CancellationToken cancel)
    {
        var anchors = new AuditAnchors(store);
        var macKey = await store.GetOrCreateAsync(KeySpace, KeyName, () => RandomNumberGenerator.GetBytes(32), cancel);
        try
        {
            System.IO.Directory.CreateDirectory(
                options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var damage = new List<string>();
            var chain = AuditChain.TakeOrBegin(options.Directory, await anchors.ReadAsync(cancel), options.MaxSegmentBytes, damage);
            foreach (var problem in damage)
                LogDamage(log, problem);

            var opened = new AuditLog(chain, anchors, options, clock, log, SecretBytes.Own(macKey));
            try
            {
                await opened._queue.AddAsync(writer => AuditLine.WriteStart(writer, clock.GetUtcNow(), chain.Torn, damage), cancel);
                await anchors.WriteAsync(chain.Id, chain.Head, cancel);
                return opened;
            }
            catch
            {
                await opened.DisposeAsync();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuditException($"the audit record in '{options.Directory}' cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Returns when the line is on disk.</summary>
    /// <exception cref="AuditException">It is not, and what it speaks of must not happen.</exception>
    public async Task AppendAsync(AuditEvent e, CancellationToken cancel)
    {
        using var span = BrokerTrace.Step("audit append");
        await _queue.AddAsync(writer => AuditLine.Write(writer, e), cancel);
    }

    /// <summary>
    /// Returns when the line is in the queue; while groups cannot be written, or too much waits, when it is on disk. For what may be lost in a
    /// crash: the end of a change that was announced, and tokens, without which a release is still recorded.
    /// </summary>
    /// <exception cref="AuditException">Lines cannot be written.</exception>
    public async ValueTask QueueAsync(AuditEvent e, CancellationToken cancel)
    {
        if (_isFailing || !_queue.TryAddLater(writer => AuditLine.Write(writer, e)))
            await _queue.AddAsync(writer => AuditLine.Write(writer, e), cancel);
    }

    /// <summary>Whether a line could be written now, without writing one.</summary>
    /// <exception cref="AuditException">It could not.</exception>
    public void RequireWritable()
    {
        if (_isFailing)
            throw new AuditException("the last lines of the audit record could not be written");

        try
        {
            WritableFolder.Require(_options.Directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuditException($"the audit record cannot be written: {e.Message}", e);
        }
    }

    /// <summary>
    /// What may be recorded of a secret: who has the key can tell whether two are the same, nobody can tell what they are.
    /// </summary>
    public string Mac(ReadOnlySpan<byte> secret) => Convert.ToHexStringLower(HMACSHA256.HashData(_macKey.Reveal(), secret));

    public async ValueTask DisposeAsync()
    {
        _queue.Close(writer => AuditLine.WriteStop(writer, _clock.GetUtcNow()));
        await _loop;
        _chain.Dispose();
        _macKey.Dispose();
    }

    private async Task RunAsync()
    {
        var group = new List<PendingLine>();
        while (await _queue.WaitAsync())
        {
            _queue.Take(group);
            if (group.Count > 0)
                Flush(group);
            if (_clock.GetElapsedTime(_anchoredAt) >= _options.AnchorEvery)
                await AnchorAsync();
            if (!_anchored.IsSame(_chain.Head) && Interlocked.Exchange(ref _isWaking, 1) == 0)
                _ = WakeForAnchorAsync();
        }

        await AnchorAsync();
    }

    private async Task WakeForAnchorAsync()
    {
        await Task.Delay(_options.AnchorEvery, _clock);
        Volatile.Write(ref _isWaking, 0);
        _queue.Wake();
    }

    private void Flush(List<PendingLine> group)
    {
        try
        {
            var since = _clock.GetTimestamp();
            _chain.Append([.. group.Select(pending => pending.Line)]);
            _isFailing = false;
            _options.Flushed?.Invoke(group.Count, _clock.GetElapsedTime(since));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _isFailing = true;
            LogUnwritable(_log, e);
            var failure = new AuditException($"the audit record cannot be written: {e.Message}", e);
            foreach (var pending in group)
                pending.Done.TrySetException(failure);
            return;
        }

        foreach (var pending in group)
            pending.Done.TrySetResult();
    }

    private async ValueTask AnchorAsync()
    {
        _anchoredAt = _clock.GetTimestamp();
        if (_anchored.IsSame(_chain.Head))
            return;

        var head = _chain.Head;
        try
        {
            await _anchors.WriteAsync(_chain.Id, head, CancellationToken.None);
            _anchored = head;
        }
        catch (StoreException e)
        {
            // The chain is whole without it; the next round tries again.
            LogUnanchored(_log, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The audit record cannot be written; nothing is released until it can")]
    private static partial void LogUnwritable(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store was not told where the audit record ends")]
    private static partial void LogUnanchored(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The audit record is damaged, and another chain was begun: {Problem}")]
    private static partial void LogDamage(ILogger log, string problem);
}
