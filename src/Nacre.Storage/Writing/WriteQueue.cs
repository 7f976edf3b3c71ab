using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Nacre.Storage.Writing;

/// <summary>Between the callers of a store and its one writer, who takes whatever waits when it looks, so that callers share a flush.</summary>
/// <param name="clock">Null when the writer does not ask how long its callers have waited.</param>
internal sealed class WriteQueue(TimeProvider? clock = null)
{
    /// <summary>Callers in one transaction.</summary>
    public const int MaxBatch = 256;

    private const int MaxWaiting = 4096;

    private readonly Channel<PendingWrite> _waiting =
        Channel.CreateBounded<PendingWrite>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel)
    {
        if (writes.Count == 0)
            return WriteResult.Written;

        var pending = new PendingWrite(writes, clock?.GetTimestamp() ?? 0, cancel);
        try
        {
            await _waiting.Writer.WriteAsync(pending, cancel);
        }
        catch (ChannelClosedException e)
        {
            throw new StoreException("the store is closed", e);
        }

        return await pending.Done.Task;
    }

    /// <summary>False when the queue is closed and empty.</summary>
    public ValueTask<bool> WaitAsync() => _waiting.Reader.WaitToReadAsync();

    /// <summary>The next caller that still waits for an answer.</summary>
    public bool TryTake([NotNullWhen(true)] out PendingWrite? pending)
    {
        while (_waiting.Reader.TryRead(out pending))
        {
            if (!pending.Cancel.IsCancellationRequested)
                return true;

            pending.Done.TrySetCanceled(pending.Cancel);
        }

        return false;
    }

    public void Close() => _waiting.Writer.TryComplete();
}
