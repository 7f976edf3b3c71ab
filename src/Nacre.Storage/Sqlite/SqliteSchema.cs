using Microsoft.Data.Sqlite;

namespace Nacre.Storage.Sqlite;

/// <summary>The tables, and what every connection must be told.</summary>
internal static class SqliteSchema
{
    private const long Version = 1;

    public static void Configure(SqliteConnection connection)
    {
        Execute(connection, "PRAGMA busy_timeout = 10000");
        Execute(connection, "PRAGMA synchronous = FULL");
        Execute(connection, "PRAGMA trusted_schema = OFF");
    }

    public static void Create(SqliteConnection connection)
    {
        Configure(connection);
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, "BEGIN IMMEDIATE");
        switch ((long)Scalar(connection, "PRAGMA user_version"))
        {
            case 0:
                Execute(connection,
                    "CREATE TABLE entry (space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, version INTEGER NOT NULL, "
                    + "PRIMARY KEY (space, key)) WITHOUT ROWID");
                Execute(connection, "CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL)");
                Execute(connection, "INSERT INTO counter VALUES (1, 0)");
                Execute(connection, $"PRAGMA user_version = {Version}");
                break;
            case Version:
                break;
            case var other:
                Execute(connection, "ROLLBACK");
                throw new StoreException($"the store has version {other}, this program knows {Version}; use the program that made it, or a newer one");
        }

        Execute(connection, "COMMIT");
    }

    // Every text given here is a constant of this folder.
#pragma warning disable CA2100
    public static void Execute(SqliteConnection connection, string constant)
    {
        using var command = connection.CreateCommand();
        command.CommandText = constant;
        command.ExecuteNonQuery();
    }

    private static object Scalar(SqliteConnection connection, string constant)
    {
        using var command = connection.CreateCommand();
        command.CommandText = constant;
        return command.ExecuteScalar()!;
    }
#pragma warning restore CA2100
}
