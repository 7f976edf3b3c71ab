using Microsoft.Data.Sqlite;

namespace Nacre.Storage.Sqlite;

/// <summary>The prepared statements of the writer and the version counter of the open transaction.</summary>
internal sealed class SqliteWriteCommands : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _version;
    private readonly SqliteCommand _set;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _lastVersion;
    private readonly SqliteCommand _saveVersion;
    private bool _open;
    private long _last;

    public SqliteWriteCommands(SqliteConnection connection)
    {
        _connection = connection;
        _version = Prepare("SELECT version FROM entry WHERE space = $space AND key = $key", SqliteType.Text, SqliteType.Text);
        _set = Prepare(
            "INSERT INTO entry (space, key, value, version) VALUES ($space, $key, $value, $version) "
            + "ON CONFLICT (space, key) DO UPDATE SET value = excluded.value, version = excluded.version",
            SqliteType.Text, SqliteType.Text, SqliteType.Blob, SqliteType.Integer);
        _delete = Prepare("DELETE FROM entry WHERE space = $space AND key = $key", SqliteType.Text, SqliteType.Text);
        _lastVersion = Prepare("SELECT last FROM counter");
        _saveVersion = Prepare("UPDATE counter SET last = $space", SqliteType.Integer);
    }

    public void Begin()
    {
        SqliteSchema.Execute(_connection, "BEGIN IMMEDIATE");
        _open = true;
        _last = (long)_lastVersion.ExecuteScalar()!;
    }

    public WriteResult Apply(IReadOnlyList<StoreWrite> writes)
    {
        // All conditions are looked at before the first write, so a conflict leaves nothing to undo.
        foreach (var write in writes)
        {
            if (write.Condition.Version is not null && !write.Condition.Holds(FindVersion(write)))
                return WriteResult.Conflict;
        }

        foreach (var write in writes.Where(write => !write.OnlyChecks))
        {
            var command = write.Value is null ? _delete : _set;
            command.Parameters[0].Value = write.Space;
            command.Parameters[1].Value = write.Key;
            if (write.Value is not null)
            {
                command.Parameters[2].Value = write.Value;
                command.Parameters[3].Value = ++_last;
            }

            command.ExecuteNonQuery();
        }

        return WriteResult.Written;
    }

    public void Commit()
    {
        _saveVersion.Parameters[0].Value = _last;
        _saveVersion.ExecuteNonQuery();
        SqliteSchema.Execute(_connection, "COMMIT");
        _open = false;
    }

    public void RollbackIfOpen()
    {
        if (!_open)
            return;

        _open = false;
        try
        {
            SqliteSchema.Execute(_connection, "ROLLBACK");
        }
        catch (SqliteException e) when (e.SqliteErrorCode == 1)
        {
            // SQLite has already rolled back by itself, as it does after an I/O error or a full disk.
        }
    }

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_version, _set, _delete, _lastVersion, _saveVersion])
            command.Dispose();
    }

    private long? FindVersion(StoreWrite write)
    {
        _version.Parameters[0].Value = write.Space;
        _version.Parameters[1].Value = write.Key;
        return (long?)_version.ExecuteScalar();
    }

#pragma warning disable CA2100 // Every text given here is a constant of this file.
    private SqliteCommand Prepare(string constant, params ReadOnlySpan<SqliteType> parameters)
    {
        ReadOnlySpan<string> names = ["$space", "$key", "$value", "$version"];
        var command = _connection.CreateCommand();
        command.CommandText = constant;
        for (var i = 0; i < parameters.Length; i++)
            command.Parameters.Add(names[i], parameters[i]);
        command.Prepare();
        return command;
    }
#pragma warning restore CA2100
}
