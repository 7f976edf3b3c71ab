using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Nacre.Storage.Sqlite;

/// <summary>
/// The one writer of this process. Whatever is waiting when it looks is written in one transaction, so that concurrent callers share one
/// flush. The conditions of each caller are looked at before its first write, so that one conflict undoes nothing of the others.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int MaxWaiting = 4096;
    private const int MaxBatch = 256;

    private readonly SqliteConnection _connection;
    private readonly SqliteWriteCommands _commands;
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Task _loop;

    private SqliteWriter(SqliteConnection connection)
    {
        _connection = connection;
        _commands = new SqliteWriteCommands(connection);
        _loop = Task.Run(RunAsync);
    }

    public static SqliteWriter Open(string connectionString)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            SqliteSchema.Create(connection);
            return new SqliteWriter(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel)
    {
        if (writes.Count == 0)
            return WriteResult.Written;

        var pending = new Pending(writes, cancel);
        try
        {
            await _queue.Writer.WriteAsync(pending, cancel);
        }
        catch (ChannelClosedException e)
        {
            throw new StoreException("the store is closed", e);
        }

        return await pending.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        _commands.Dispose();
        await _connection.DisposeAsync();
    }

    private async Task RunAsync()
    {
        var batch = new List<(Pending Pending, WriteResult Result)>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            try
            {
                Fill(batch);
            }
            catch (Exception e) when (e is SqliteException or InvalidOperationException)
            {
                // Nothing of the batch is known to be on disk, so no caller may believe that it is.
                _commands.RollbackIfOpen();
                var failure = new StoreException($"the store cannot be written: {e.Message}", e);
                foreach (var (pending, _) in batch)
                    pending.Done.TrySetException(failure);
                continue;
            }

            foreach (var (pending, result) in batch)
                pending.Done.TrySetResult(result);
        }
    }

    private void Fill(List<(Pending Pending, WriteResult Result)> batch)
    {
        _commands.Begin();
        while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var pending))
        {
            if (pending.Cancel.IsCancellationRequested)
            {
                pending.Done.TrySetCanceled(pending.Cancel);
                continue;
            }

            batch.Add((pending, WriteResult.Conflict));
            batch[^1] = (pending, _commands.Apply(pending.Writes));
        }

        _commands.Commit();
    }

    private sealed class Pending(IReadOnlyList<StoreWrite> writes, CancellationToken cancel)
    {
        public IReadOnlyList<StoreWrite> Writes { get; } = writes;
        public CancellationToken Cancel { get; } = cancel;

        /// <summary>Continuations run elsewhere: the writer must not wait for its callers.</summary>
        public TaskCompletionSource<WriteResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
