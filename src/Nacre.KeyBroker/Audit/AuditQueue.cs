using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Threading.Channels;

namespace Nacre.KeyBroker.Audit;

/// <summary>
/// Lines on their way to the one writer of a chain. Those that somebody waits for wake the writer; the others join the group that it takes
/// then, or make one after <see cref="AuditLog.Lag"/>.
/// </summary>
internal sealed class AuditQueue
{
    private const int MaxWaiting = 4096;
    private const int MaxGroup = 512;

    private readonly Channel<PendingLine> _awaited =
        Channel.CreateBounded<PendingLine>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly ConcurrentQueue<PendingLine> _later = new();
    private int _laterCount;
    private int _isWaking;

    /// <summary>Returns when the line is on disk.</summary>
    /// <exception cref="AuditException">It is not.</exception>
    public async Task AddAsync(Action<Utf8JsonWriter> line, CancellationToken cancel)
    {
        var pending = new PendingLine(line);
        try
        {
            await _awaited.Writer.WriteAsync(pending, cancel);
        }
        catch (ChannelClosedException e)
        {
            throw new AuditException("the audit record is closed", e);
        }

        await pending.Done.Task.WaitAsync(cancel);
    }

    /// <summary>False when too many wait already.</summary>
    public bool TryAddLater(Action<Utf8JsonWriter> line)
    {
        if (Interlocked.Increment(ref _laterCount) > MaxWaiting)
        {
            Interlocked.Decrement(ref _laterCount);
            return false;
        }

        _later.Enqueue(new PendingLine(line));
        if (Interlocked.Exchange(ref _isWaking, 1) == 0)
            _ = WakeLaterAsync();
        return true;
    }

    /// <summary>Lets the writer look, though nobody waits.</summary>
    public void Wake() => _awaited.Writer.TryWrite(PendingLine.None);

    /// <summary>Until there may be something to write; false when there will be no more.</summary>
    public async ValueTask<bool> WaitAsync()
    {
        if (!await _awaited.Reader.WaitToReadAsync())
            return false;

        // Requests that are ready to run come first, so that their lines share the flush; at once when there are none.
        await Task.Yield();
        return true;
    }

    /// <summary>What is to be written together, the oldest first.</summary>
    public void Take(List<PendingLine> group)
    {
        group.Clear();
        while (group.Count < MaxGroup && TryTake(out var pending))
        {
            if (pending != PendingLine.None)
                group.Add(pending);
        }
    }

    /// <summary>No line comes after this one.</summary>
    public void Close(Action<Utf8JsonWriter> last)
    {
        _awaited.Writer.TryWrite(new PendingLine(last));
        _awaited.Writer.TryComplete();
    }

    private bool TryTake([NotNullWhen(true)] out PendingLine? pending)
    {
        if (!_later.TryDequeue(out pending))
            return _awaited.Reader.TryRead(out pending);

        Interlocked.Decrement(ref _laterCount);
        return true;
    }

    private async Task WakeLaterAsync()
    {
        await Task.Delay(AuditLog.Lag);
        Volatile.Write(ref _isWaking, 0);
        Wake();
    }
}

internal sealed class PendingLine(Action<Utf8JsonWriter> line)
{
    public static PendingLine None { get; } = new(_ => { });

    public Action<Utf8JsonWriter> Line { get; } = line;

    /// <summary>Continuations run elsewhere: the writer must not wait for its callers.</summary>
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
