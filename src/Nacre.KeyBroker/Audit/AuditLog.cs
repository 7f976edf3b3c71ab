using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
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

    private const int MaxWaiting = 4096;
    private const int MaxGroup = 512;
    private const string KeySpace = "key";
    private const string KeyName = "audit-mac";

    private readonly AuditChain _chain;
    private readonly AuditAnchors _anchors;
    private readonly AuditLogOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly SecretBytes _macKey;
    private readonly Channel<Pending> _queue =
        Channel.CreateBounded<Pending>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly ConcurrentQueue<Pending> _later = new();
    private readonly Task _loop;
    private int _laterCount;
    private int _wakesForLater;
    private int _wakesForAnchor;
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
            var chain = Take(options, await anchors.ReadAsync(cancel), damage);
            foreach (var problem in damage)
                LogDamage(log, problem);

            var opened = new AuditLog(chain, anchors, options, clock, log, SecretBytes.Own(macKey));
            try
            {
                await opened.WriteAsync(writer => AuditLine.WriteStart(writer, clock.GetUtcNow(), chain.Torn, damage), cancel);
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
        await WriteAsync(writer => AuditLine.Write(writer, e), cancel);
    }

    /// <summary>
    /// Returns when the line is in the queue; while groups cannot be written, or too much waits, when it is on disk. For what may be lost in a
    /// crash: the end of a change that was announced, and tokens, without which a release is still recorded.
    /// </summary>
    /// <exception cref="AuditException">Lines cannot be written.</exception>
    public async ValueTask QueueAsync(AuditEvent e, CancellationToken cancel)
    {
        if (_isFailing || Volatile.Read(ref _laterCount) >= MaxWaiting)
        {
            await WriteAsync(writer => AuditLine.Write(writer, e), cancel);
            return;
        }

        Interlocked.Increment(ref _laterCount);
        _later.Enqueue(new Pending(writer => AuditLine.Write(writer, e)));
        if (Interlocked.Exchange(ref _wakesForLater, 1) == 0)
            _ = WakeForLaterAsync();
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
        _queue.Writer.TryWrite(new Pending(writer => AuditLine.WriteStop(writer, _clock.GetUtcNow())));
        _queue.Writer.TryComplete();
        await _loop;
        _chain.Dispose();
        _macKey.Dispose();
    }

    private async Task WriteAsync(Action<Utf8JsonWriter> line, CancellationToken cancel)
    {
        var pending = new Pending(line);
        try
        {
            await _queue.Writer.WriteAsync(pending, cancel);
        }
        catch (ChannelClosedException e)
        {
            throw new AuditException("the audit record is closed", e);
        }

        await pending.Done.Task.WaitAsync(cancel);
    }

    private async Task RunAsync()
    {
        var group = new List<Pending>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            // Requests that are ready to run come first, so that their lines share the flush; at once when there are none.
            await Task.Yield();
            group.Clear();
            while (group.Count < MaxGroup && TryTake(out var pending))
            {
                if (pending.Line is not null)
                    group.Add(pending);
            }

            if (group.Count > 0)
                Flush(group);
            if (_clock.GetElapsedTime(_anchoredAt) >= _options.AnchorEvery)
                await AnchorAsync();
            if (!_anchored.IsSame(_chain.Head) && Interlocked.Exchange(ref _wakesForAnchor, 1) == 0)
                _ = WakeForAnchorAsync();
        }

        await AnchorAsync();
    }

    private bool TryTake([NotNullWhen(true)] out Pending? pending)
    {
        if (!_later.TryDequeue(out pending))
            return _queue.Reader.TryRead(out pending);

        Interlocked.Decrement(ref _laterCount);
        return true;
    }

    private async Task WakeForLaterAsync()
    {
        await Task.Delay(Lag);
        Volatile.Write(ref _wakesForLater, 0);
        _queue.Writer.TryWrite(Pending.Nothing);
    }

    private async Task WakeForAnchorAsync()
    {
        await Task.Delay(_options.AnchorEvery, _clock);
        Volatile.Write(ref _wakesForAnchor, 0);
        _queue.Writer.TryWrite(Pending.Nothing);
    }

    private void Flush(List<Pending> group)
    {
        try
        {
            var since = _clock.GetTimestamp();
            _chain.Append([.. group.Select(pending => pending.Line!)]);
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

    private static AuditChain Take(AuditLogOptions options, IReadOnlyDictionary<string, AuditHead> anchors, List<string> damage)
    {
        foreach (var id in AuditSegment.List(options.Directory).Select(segment => segment.Chain).Distinct())
        {
            if (AuditChain.TryLock(options.Directory, id) is not { } held)
                continue;

            try
            {
                return AuditChain.Open(options.Directory, id, held, anchors.GetValueOrDefault(id), options.MaxSegmentBytes);
            }
            catch (AuditDamageException e)
            {
                // Evidence of what was done to it: it stays as it is, and another chain is begun.
                held.Dispose();
                damage.Add(e.Message);
            }
        }

        var fresh = AuditChain.NewId();
        return AuditChain.Open(options.Directory, fresh, AuditChain.TryLock(options.Directory, fresh)!, null, options.MaxSegmentBytes);
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The audit record cannot be written; nothing is released until it can")]
    private static partial void LogUnwritable(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store was not told where the audit record ends")]
    private static partial void LogUnanchored(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The audit record is damaged, and another chain was begun: {Problem}")]
    private static partial void LogDamage(ILogger log, string problem);

    /// <param name="line">Null for a group that is looked for though nobody waits for it.</param>
    private sealed class Pending(Action<Utf8JsonWriter>? line)
    {
        public static Pending Nothing { get; } = new(null);

        public Action<Utf8JsonWriter>? Line { get; } = line;

        /// <summary>Continuations run elsewhere: the writer must not wait for its callers.</summary>
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
