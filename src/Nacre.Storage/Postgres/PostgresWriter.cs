using Nacre.Storage.Writing;
using Npgsql;

namespace Nacre.Storage.Postgres;

/// <summary>
/// The one writer of this process. What waits is written in one transaction. A lost connection is tried again as long as nothing was sent
/// that could have been committed; after that the callers are told that nobody knows.
/// </summary>
internal sealed class PostgresWriter : IAsyncDisposable
{
    private const long MaxBatchBytes = 16 * 1024 * 1024;

    private readonly PostgresSource _source;
    private readonly WriteQueue _queue;
    private readonly Task _loop;

    public PostgresWriter(PostgresSource source)
    {
        _source = source;
        _queue = new WriteQueue(source.Clock);
        _loop = Task.Run(RunAsync);
    }

    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel) => _queue.WriteAsync(writes, cancel);

    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _loop;
    }

    private async Task RunAsync()
    {
        var callers = new List<PendingWrite>();
        while (await _queue.WaitAsync())
        {
            callers.Clear();
            var bytes = 0L;
            while (callers.Count < WriteQueue.MaxBatch && bytes < MaxBatchBytes && _queue.TryTake(out var next))
            {
                callers.Add(next);
                bytes += next.Bytes;
            }

            if (callers.Count == 0)
                continue;

            try
            {
                var results = await WriteAsync(callers);
                for (var i = 0; i < callers.Count; i++)
                    callers[i].Done.TrySetResult(results[i]);
            }
#pragma warning disable CA1031 // Whatever it is, it belongs to those who wait, and the next batch must be tried.
            catch (Exception e)
            {
                var failure = e as StoreException ?? PostgresSource.Failure("written", e);
                foreach (var caller in callers)
                    caller.Done.TrySetException(failure);
            }
#pragma warning restore CA1031
        }
    }

    private async Task<WriteResult[]> WriteAsync(List<PendingWrite> callers)
    {
        var pause = PostgresSource.FirstPause;
        while (true)
        {
            var sent = false;
            try
            {
                await using var connection = await _source.OpenAsync(CancellationToken.None);
                var plan = await PostgresTransaction.BeginAsync(connection, callers);
                var results = callers.Select(caller => plan.Apply(caller.Writes)).ToArray();
                sent = plan.Rows.Count > 0;
                await PostgresTransaction.CommitAsync(connection, plan);
                return results;
            }
            catch (Exception e) when (sent && e is not PostgresException { Severity: "ERROR" })
            {
                throw new StoreException(
                    "the connection to the store was lost during a commit, so the write may or may not have happened; "
                    + $"look before you write again: {e.Message}", e);
            }
            catch (Exception e) when (PostgresSource.IsPassing(e) && _source.Clock.GetElapsedTime(callers[0].Since) < PostgresSource.Patience)
            {
                pause = await _source.PauseAsync(pause, CancellationToken.None);
            }
        }
    }
}
