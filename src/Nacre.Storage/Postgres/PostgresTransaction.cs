using Nacre.Storage.Writing;
using Npgsql;
using NpgsqlTypes;

namespace Nacre.Storage.Postgres;

/// <summary>
/// One batch in one transaction and, unless it is large, two round trips. The row of the version counter is locked first, so batches of all
/// replicas come one after the other and each sees the one before.
/// </summary>
internal static class PostgresTransaction
{
    /// <summary>Of values in one message; the server's limit is a gigabyte.</summary>
    private const long MaxChunkBytes = 32 * 1024 * 1024;

    private const string Lock = "SELECT last FROM nacre.counter WHERE id = 1 FOR UPDATE";

    private const string Look =
        "SELECT e.space, e.key, e.version FROM nacre.entry e JOIN unnest($1::bytea[], $2::bytea[]) AS k(space, key) "
        + "ON e.space = k.space AND e.key = k.key";

    private const string Set =
        "INSERT INTO nacre.entry (space, key, value, version) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[]) "
        + "ON CONFLICT (space, key) DO UPDATE SET value = excluded.value, version = excluded.version";

    private const string Delete =
        "DELETE FROM nacre.entry e USING unnest($1::bytea[], $2::bytea[]) AS k(space, key) WHERE e.space = k.space AND e.key = k.key";

    /// <summary>Begins, and looks up what the conditions need.</summary>
    public static async Task<WritePlan> BeginAsync(NpgsqlConnection connection, IReadOnlyList<PendingWrite> callers)
    {
        var names = callers.SelectMany(caller => caller.Writes).Where(write => write.Condition.Version is not null)
            .Select(write => (write.Space, write.Key)).Distinct().ToList();
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new("BEGIN"), new(Lock), Named(Look, names) } };
        await using var rows = await batch.ExecuteReaderAsync();
        await rows.ReadAsync();
        var last = rows.GetInt64(0);
        await rows.NextResultAsync();
        var versions = new Dictionary<(string Space, string Key), long>();
        while (await rows.ReadAsync())
            versions.Add((PostgresSource.Name(rows, 0), PostgresSource.Name(rows, 1)), rows.GetInt64(2));
        return new WritePlan(versions, last);
    }

    /// <summary>Writes and commits. When it throws anything but a refusal of the server, nobody knows whether it was committed.</summary>
    public static async Task CommitAsync(NpgsqlConnection connection, WritePlan plan)
    {
        var chunk = new List<KeyValuePair<(string Space, string Key), PlannedRow>>();
        var bytes = 0L;
        foreach (var row in plan.Rows.Where(row => row.Value.Value is not null))
        {
            if (bytes > MaxChunkBytes)
            {
                await using var early = new NpgsqlBatch(connection) { BatchCommands = { Values(chunk) } };
                await early.ExecuteNonQueryAsync();
                chunk.Clear();
                bytes = 0;
            }

            chunk.Add(row);
            bytes += row.Value.Value!.Length;
        }

        await using var batch = new NpgsqlBatch(connection);
        if (chunk.Count > 0)
            batch.BatchCommands.Add(Values(chunk));
        var removed = plan.Rows.Where(row => row.Value.Value is null).Select(row => row.Key).ToList();
        if (removed.Count > 0)
            batch.BatchCommands.Add(Named(Delete, removed));
        batch.BatchCommands.Add(new("UPDATE nacre.counter SET last = $1") { Parameters = { new() { Value = plan.LastVersion } } });
        batch.BatchCommands.Add(new("COMMIT"));
        await batch.ExecuteNonQueryAsync();
    }

    private static NpgsqlBatchCommand Values(List<KeyValuePair<(string Space, string Key), PlannedRow>> rows)
    {
        var command = Named(Set, [.. rows.Select(row => row.Key)]);
        command.Parameters.Add(Array([.. rows.Select(row => row.Value.Value!)]));
        var versions = rows.Select(row => row.Value.Version).ToArray();
        command.Parameters.Add(new() { Value = versions, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        return command;
    }

    private static NpgsqlBatchCommand Named(string statement, IReadOnlyList<(string Space, string Key)> names) => new(statement)
    {
        Parameters =
        {
            Array([.. names.Select(name => PostgresSource.Name(name.Space))]),
            Array([.. names.Select(name => PostgresSource.Name(name.Key))]),
        },
    };

    private static NpgsqlParameter Array(byte[][] values) => new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
}
