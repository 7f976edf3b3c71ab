using Microsoft.Data.Sqlite;

namespace Nacre.Storage.Sqlite;

/// <summary>
/// A file of its own beside the store, never flushed by us. Rows are sorted by expiry: new ones go to the end, old ones leave at the front.
/// </summary>
public sealed class SqliteReplayCache : IReplayCache
{
    private readonly TimeProvider _clock;
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _use;
    private readonly SqliteCommand _sweep;
    private readonly Lock _gate = new();
    private int _uses;

    private SqliteReplayCache(SqliteConnection connection, TimeProvider clock)
    {
        (_connection, _clock) = (connection, clock);
        _use = connection.CreateCommand();
        _use.CommandText = "INSERT OR IGNORE INTO used (expires, id) VALUES ($expires, $id)";
        _use.Parameters.Add("$expires", SqliteType.Integer);
        _use.Parameters.Add("$id", SqliteType.Blob);
        _use.Prepare();
        _sweep = connection.CreateCommand();
        _sweep.CommandText = "DELETE FROM used WHERE expires < $now";
        _sweep.Parameters.Add("$now", SqliteType.Integer);
        _sweep.Prepare();
    }

    /// <summary>Opens the file, makes it when there is none, and makes it anew when a crash of the machine has damaged it.</summary>
    /// <exception cref="StoreException">The file cannot be opened.</exception>
    public static SqliteReplayCache Open(string path, TimeProvider clock)
    {
        SystemSqlite.Require();
        try
        {
            try
            {
                return new SqliteReplayCache(Connect(path), clock);
            }
            catch (SqliteException e) when (e.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
            {
                foreach (var suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
                    File.Delete(path + suffix);
                return new SqliteReplayCache(Connect(path), clock);
            }
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                $"the record of used nonces '{path}' cannot be opened: {e.Message}. Check that the directory can be written", e);
        }
    }

    public ValueTask<bool> TryUseAsync(ReadOnlyMemory<byte> id, DateTimeOffset expires, CancellationToken cancel)
    {
        IReplayCache.Require(id);
        cancel.ThrowIfCancellationRequested();
        try
        {
            return ValueTask.FromResult(TryUse(id.ToArray(), expires));
        }
        catch (SqliteException e)
        {
            throw new StoreException($"the record of used nonces cannot be written: {e.Message}", e);
        }
    }

    private bool TryUse(byte[] id, DateTimeOffset expires)
    {
        lock (_gate)
        {
            if (_uses++ % IReplayCache.SweepEvery == 0)
            {
                _sweep.Parameters[0].Value = (_clock.GetUtcNow() - IReplayCache.Slack).ToUnixTimeMilliseconds();
                _sweep.ExecuteNonQuery();
            }

            _use.Parameters[0].Value = expires.ToUnixTimeMilliseconds();
            _use.Parameters[1].Value = id;
            return _use.ExecuteNonQuery() == 1;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _use.DisposeAsync();
        await _sweep.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static SqliteConnection Connect(string path)
    {
        SqliteFile.Make(path);
        var connection = new SqliteConnection(SqliteFile.ConnectionString(path));
        try
        {
            connection.Open();
            SqliteSchema.Execute(connection, "PRAGMA busy_timeout = 10000");
            SqliteSchema.Execute(connection, "PRAGMA journal_mode = WAL");
            SqliteSchema.Execute(connection, "PRAGMA synchronous = OFF");
            SqliteSchema.Execute(connection,
                "CREATE TABLE IF NOT EXISTS used (expires INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY (expires, id)) WITHOUT ROWID");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
