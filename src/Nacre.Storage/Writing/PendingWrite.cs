namespace Nacre.Storage.Writing;

/// <summary>The writes of one caller, who waits for their end.</summary>
/// <param name="writes">All or none.</param>
/// <param name="since">When it came, as a timestamp of the store's clock, or 0.</param>
/// <param name="cancel">Counts only until the write is begun.</param>
internal sealed class PendingWrite(IReadOnlyList<StoreWrite> writes, long since, CancellationToken cancel)
{
    public IReadOnlyList<StoreWrite> Writes { get; } = writes;
    public long Since { get; } = since;
    public CancellationToken Cancel { get; } = cancel;
    public long Bytes { get; } = writes.Sum(write => (long)(write.Value?.Length ?? 0));

    /// <summary>Continuations run elsewhere: the writer must not wait for its callers.</summary>
    public TaskCompletionSource<WriteResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
