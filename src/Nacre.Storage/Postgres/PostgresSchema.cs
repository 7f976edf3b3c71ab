using Npgsql;

namespace Nacre.Storage.Postgres;

/// <summary>
/// The tables, in a schema of their own. Names are kept as the bytes of UTF-8, so that their order is that of code points whatever the
/// encoding and collation of the database (to read them: <c>convert_from(key, 'UTF8')</c>).
/// </summary>
internal static class PostgresSchema
{
    private const int CurrentVersion = 1;
    private const int LockSeconds = 60;

    // Any two numbers that no other program locks in this database.
    private const long MigrationLock = 0x6e61_6372_6501;
    private const long StartLock = 0x6e61_6372_6502;

    private static readonly string[] s_create =
    [
        "CREATE SCHEMA IF NOT EXISTS nacre",
        "CREATE TABLE nacre.entry (space bytea NOT NULL, key bytea NOT NULL, value bytea NOT NULL, version bigint NOT NULL, "
            + "PRIMARY KEY (space, key))",
        "CREATE TABLE nacre.counter (id integer PRIMARY KEY CHECK (id = 1), last bigint NOT NULL)",
        "INSERT INTO nacre.counter VALUES (1, 0)",
        "CREATE UNLOGGED TABLE nacre.used (expires bigint NOT NULL, id bytea NOT NULL, PRIMARY KEY (expires, id))",
        "CREATE TABLE nacre.version (version integer NOT NULL)",
        "INSERT INTO nacre.version VALUES (1)",
    ];

    /// <summary>Makes what is missing; one process at a time.</summary>
    public static async Task<bool> CreateAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using (var fsync = new NpgsqlCommand("SHOW fsync", connection))
        {
            if ((string?)await fsync.ExecuteScalarAsync(cancel) != "on")
                throw new StoreException("the database server runs with fsync = off and would lose what it acknowledged; set fsync = on");
        }

        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await LockAsync(connection, "pg_advisory_xact_lock", MigrationLock, cancel);
        await using var table = new NpgsqlCommand("SELECT to_regclass('nacre.version') IS NOT NULL", connection);
        if (await table.ExecuteScalarAsync(cancel) is true)
        {
            await using var read = new NpgsqlCommand("SELECT version FROM nacre.version", connection);
            if (await read.ExecuteScalarAsync(cancel) is CurrentVersion)
                return true;

            throw new StoreException(
                $"the store has another version than {CurrentVersion}, which this program knows; use the program that made it, or a newer one");
        }

        await using var create = new NpgsqlBatch(connection);
        foreach (var statement in s_create)
            create.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        await create.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        return true;
    }

    public static Task LockStartAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        LockAsync(connection, "pg_advisory_lock", StartLock, cancel);

    public static Task UnlockStartAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        LockAsync(connection, "pg_advisory_unlock", StartLock, cancel);

    private static async Task LockAsync(NpgsqlConnection connection, string function, long number, CancellationToken cancel)
    {
#pragma warning disable CA2100 // Both names are constants of this file.
        await using var take = new NpgsqlCommand($"SELECT {function}({number})", connection) { CommandTimeout = LockSeconds };
#pragma warning restore CA2100
        await take.ExecuteNonQueryAsync(cancel);
    }
}
