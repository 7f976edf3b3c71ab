using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Nacre.Storage.Sqlite;

/// <summary>
/// One file, write-ahead log, flushed to disk before a write is acknowledged. Several processes may share the file. Writes that arrive
/// together are flushed together (<see cref="SqliteWriter"/>); reads never wait for writes.
/// </summary>
public sealed class SqliteStore : IKeyValueStore
{
    private const int MaxIdleReaders = 16;

    private readonly string _connectionString;
    private readonly SqliteWriter _writer;
    private readonly ConcurrentBag<SqliteReader> _readers = [];

    private SqliteStore(string connectionString, SqliteWriter writer) => (_connectionString, _writer) = (connectionString, writer);

    /// <summary>Opens the file, and makes it (mode 0600) when there is none.</summary>
    /// <exception cref="StoreException">The file cannot be opened or is no such store.</exception>
    public static SqliteStore Open(string path)
    {
        SystemSqlite.Require();
        try
        {
            SqliteFile.Make(path);
            var connectionString = SqliteFile.ConnectionString(path);
            return new SqliteStore(connectionString, SqliteWriter.Open(connectionString));
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the store '{path}' cannot be opened: {e.Message}. Check that the directory can be written and the file is a store", e);
        }
    }

    public ValueTask<StoredValue?> FindAsync(string space, string key, CancellationToken cancel) =>
        Read(reader => reader.Find(space, key), cancel);

    public ValueTask<IReadOnlyList<string>> ListAsync(string space, string prefix, string? after, int limit, CancellationToken cancel) =>
        Read(reader => reader.List(space, prefix, after, limit), cancel);

    public ValueTask<IReadOnlyList<StoredEntry>> ReadAsync(string space, string? after, int limit, CancellationToken cancel) =>
        Read(reader => reader.Read(space, after, limit), cancel);

    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel) => _writer.WriteAsync(writes, cancel);

    public async IAsyncEnumerable<StoredEntry> SnapshotAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        // A connection of its own: a slow consumer holds back nobody.
        using var reader = Rent();
        using var rows = reader.ReadAll().GetEnumerator();
        while (Next(rows))
        {
            cancel.ThrowIfCancellationRequested();
            yield return rows.Current;
        }

        await ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        while (_readers.TryTake(out var reader))
            reader.Dispose();
    }

    private ValueTask<T> Read<T>(Func<SqliteReader, T> read, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var reader = Rent();
        try
        {
            return ValueTask.FromResult(read(reader));
        }
        catch (SqliteException e)
        {
            throw new StoreException($"the store cannot be read: {e.Message}", e);
        }
        finally
        {
            Return(reader);
        }
    }

    private SqliteReader Rent() => _readers.TryTake(out var reader) ? reader : new SqliteReader(_connectionString);

    private static bool Next(IEnumerator<StoredEntry> rows)
    {
        try
        {
            return rows.MoveNext();
        }
        catch (SqliteException e)
        {
            throw new StoreException($"the store cannot be read: {e.Message}", e);
        }
    }

    private void Return(SqliteReader reader)
    {
        if (_readers.Count < MaxIdleReaders)
            _readers.Add(reader);
        else
            reader.Dispose();
    }
}
