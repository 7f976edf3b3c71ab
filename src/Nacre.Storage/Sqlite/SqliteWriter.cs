using Microsoft.Data.Sqlite;
using Nacre.Storage.Writing;

namespace Nacre.Storage.Sqlite;

/// <summary>
/// The one writer of this process. Whatever is waiting when it looks is written in one transaction, so that concurrent callers share one
/// flush. The conditions of each caller are looked at before its first write, so that one conflict undoes nothing of the others.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteWriteCommands _commands;
    private readonly WriteQueue _queue = new();
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

    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel) => _queue.WriteAsync(writes, cancel);

    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _loop;
        _commands.Dispose();
        await _connection.DisposeAsync();
    }

    private async Task RunAsync()
    {
        var batch = new List<(PendingWrite Pending, WriteResult Result)>();
        while (await _queue.WaitAsync())
        {
            batch.Clear();
            try
            {
                Fill(batch);
            }
            catch (Exception e) when (e is SqliteException or InvalidOperationException)
            {
                // Nothing of the batch is known to be on disk, so no caller may believe that it is. A transaction that
                // cannot even begin is told to the next in line, or nobody would ever hear of it.
                _commands.RollbackIfOpen();
                while (batch.Count == 0 && _queue.TryTake(out var waiting))
                    batch.Add((waiting, WriteResult.Conflict));
                var failure = new StoreException($"the store cannot be written: {e.Message}", e);
                foreach (var (pending, _) in batch)
                    pending.Done.TrySetException(failure);
                continue;
            }

            foreach (var (pending, result) in batch)
                pending.Done.TrySetResult(result);
        }
    }

    private void Fill(List<(PendingWrite Pending, WriteResult Result)> batch)
    {
        _commands.Begin();
        while (batch.Count < WriteQueue.MaxBatch && _queue.TryTake(out var pending))
        {
            batch.Add((pending, WriteResult.Conflict));
            batch[^1] = (pending, _commands.Apply(pending.Writes));
        }

        _commands.Commit();
    }
}
