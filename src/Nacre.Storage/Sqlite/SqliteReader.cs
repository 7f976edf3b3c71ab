using Microsoft.Data.Sqlite;

namespace Nacre.Storage.Sqlite;

/// <summary>One connection with its prepared queries; used by one thread at a time.</summary>
internal sealed class SqliteReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _list;

    public SqliteReader(string connectionString)
    {
        _connection = new SqliteConnection(connectionString);
        _connection.Open();
        SqliteSchema.Configure(_connection);

        _find = _connection.CreateCommand();
        _find.CommandText = "SELECT value, version FROM entry WHERE space = $space AND key = $key";
        _find.Parameters.Add("$space", SqliteType.Text);
        _find.Parameters.Add("$key", SqliteType.Text);
        _find.Prepare();

        // Text is compared byte by byte (BINARY), which for UTF-8 is the order of code points.
        _list = _connection.CreateCommand();
        _list.CommandText =
            "SELECT key FROM entry WHERE space = $space AND key > $after AND key >= $prefix AND substr(key, 1, length($prefix)) = $prefix "
            + "ORDER BY key LIMIT $limit";
        _list.Parameters.Add("$space", SqliteType.Text);
        _list.Parameters.Add("$prefix", SqliteType.Text);
        _list.Parameters.Add("$after", SqliteType.Text);
        _list.Parameters.Add("$limit", SqliteType.Integer);
        _list.Prepare();
    }

    public StoredValue? Find(string space, string key)
    {
        _find.Parameters[0].Value = space;
        _find.Parameters[1].Value = key;
        using var row = _find.ExecuteReader();
        return row.Read() ? new StoredValue(row.GetFieldValue<byte[]>(0), row.GetInt64(1)) : null;
    }

    public IReadOnlyList<string> List(string space, string prefix, string? after, int limit)
    {
        _list.Parameters[0].Value = space;
        _list.Parameters[1].Value = prefix;
        _list.Parameters[2].Value = after ?? "";
        _list.Parameters[3].Value = limit;
        var keys = new List<string>();
        using var row = _list.ExecuteReader();
        while (row.Read())
            keys.Add(row.GetString(0));
        return keys;
    }

    public IReadOnlyList<StoredEntry> Read(string space, string? after, int limit)
    {
        using var page = _connection.CreateCommand();
        page.CommandText = "SELECT key, value, version FROM entry WHERE space = $space AND key > $after ORDER BY key LIMIT $limit";
        page.Parameters.AddWithValue("$space", space);
        page.Parameters.AddWithValue("$after", after ?? "");
        page.Parameters.AddWithValue("$limit", limit);
        var entries = new List<StoredEntry>();
        using var row = page.ExecuteReader();
        while (row.Read())
            entries.Add(new StoredEntry(space, row.GetString(0), row.GetFieldValue<byte[]>(1), row.GetInt64(2)));
        return entries;
    }

    /// <summary>One statement, so one moment.</summary>
    public IEnumerable<StoredEntry> ReadAll()
    {
        using var all = _connection.CreateCommand();
        all.CommandText = "SELECT space, key, value, version FROM entry ORDER BY space, key";
        using var row = all.ExecuteReader();
        while (row.Read())
            yield return new StoredEntry(row.GetString(0), row.GetString(1), row.GetFieldValue<byte[]>(2), row.GetInt64(3));
    }

    public void Dispose()
    {
        _find.Dispose();
        _list.Dispose();
        _connection.Dispose();
    }
}
