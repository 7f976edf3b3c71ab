using System.Runtime.CompilerServices;
using Npgsql;

namespace Nacre.Storage.Postgres;

/// <summary>
/// One PostgreSQL database for many replicas. A write is acknowledged after the server has committed it with <c>synchronous_commit = on</c>;
/// every replica sees it from then on.
/// </summary>
public sealed class PostgresStore : IKeyValueStore
{
    private const string Find = "SELECT value, version FROM nacre.entry WHERE space = $1 AND key = $2";
    private const string List = "SELECT key FROM nacre.entry WHERE space = $1 AND key > $2 AND key >= $3 AND key < $4 ORDER BY key LIMIT $5";
    private const string Page = "SELECT key, value, version FROM nacre.entry WHERE space = $1 AND key > $2 ORDER BY key LIMIT $3";
    private const string All = "SELECT space, key, value, version FROM nacre.entry ORDER BY space, key";

    private readonly PostgresSource _source;
    private readonly PostgresWriter _writer;

    private PostgresStore(PostgresSource source) => (_source, _writer) = (source, new PostgresWriter(source));

    /// <summary>Connects, and makes the tables when there are none.</summary>
    /// <param name="location">As <see cref="PostgresLocation"/> describes it.</param>
    /// <param name="password">Null to have none, or the one of PGPASSWORD or PGPASSFILE.</param>
    /// <param name="clock">Measures how long to try again.</param>
    /// <param name="cancel">Ends the attempt.</param>
    /// <exception cref="StoreException">The database cannot be reached, or does not serve as a store.</exception>
    public static async Task<PostgresStore> OpenAsync(string location, string? password, TimeProvider clock, CancellationToken cancel)
    {
        var source = PostgresSource.Create(location, password, flush: true, clock);
        try
        {
            await source.RunAsync("opened", PostgresSchema.CreateAsync, cancel);
            return new PostgresStore(source);
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    public ValueTask<StoredValue?> FindAsync(string space, string key, CancellationToken cancel) =>
        _source.RunAsync(
            "read",
            async (connection, stop) =>
            {
                await using var command = Command(connection, Find, PostgresSource.Name(space), PostgresSource.Name(key));
                await using var rows = await command.ExecuteReaderAsync(stop);
                return await rows.ReadAsync(stop) ? new StoredValue(PostgresSource.Bytes(rows, 0), rows.GetInt64(1)) : null;
            },
            cancel);

    public ValueTask<IReadOnlyList<string>> ListAsync(string space, string prefix, string? after, int limit, CancellationToken cancel) =>
        _source.RunAsync<IReadOnlyList<string>>(
            "read",
            async (connection, stop) =>
            {
                var from = PostgresSource.Name(prefix);
                await using var command = Command(
                    connection, List, PostgresSource.Name(space), PostgresSource.Name(after ?? ""), from, EndOf(from), (long)limit);
                await using var rows = await command.ExecuteReaderAsync(stop);
                var keys = new List<string>();
                while (await rows.ReadAsync(stop))
                    keys.Add(PostgresSource.Name(rows, 0));
                return keys;
            },
            cancel);

    public ValueTask<IReadOnlyList<StoredEntry>> ReadAsync(string space, string? after, int limit, CancellationToken cancel) =>
        _source.RunAsync<IReadOnlyList<StoredEntry>>(
            "read",
            async (connection, stop) =>
            {
                await using var command = Command(connection, Page, PostgresSource.Name(space), PostgresSource.Name(after ?? ""), (long)limit);
                await using var rows = await command.ExecuteReaderAsync(stop);
                var entries = new List<StoredEntry>();
                while (await rows.ReadAsync(stop))
                    entries.Add(new(space, PostgresSource.Name(rows, 0), PostgresSource.Bytes(rows, 1), rows.GetInt64(2)));
                return entries;
            },
            cancel);

    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancel) => _writer.WriteAsync(writes, cancel);

    public async IAsyncEnumerable<StoredEntry> SnapshotAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        // One statement sees one moment.
        await using var connection = await _source.RunAsync("read", (_, stop) => _source.OpenAsync(stop).AsTask(), cancel);
        await using var command = Command(connection, All);
        await using var rows = await command.ExecuteReaderAsync(cancel);
        while (await NextAsync(rows, cancel))
        {
            yield return new StoredEntry(
                PostgresSource.Name(rows, 0), PostgresSource.Name(rows, 1), PostgresSource.Bytes(rows, 2), rows.GetInt64(3));
        }
    }

    /// <summary>Held while a server starts, until it is disposed.</summary>
    public async Task<IAsyncDisposable> TakeStartTurnAsync(CancellationToken cancel) =>
        await _source.RunAsync("opened", (_, stop) => PostgresStartTurn.TakeAsync(_source, stop), cancel);

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _source.DisposeAsync();
    }

    private static async Task<bool> NextAsync(NpgsqlDataReader rows, CancellationToken cancel)
    {
        try
        {
            return await rows.ReadAsync(cancel);
        }
        catch (NpgsqlException e)
        {
            throw PostgresSource.Failure("read", e);
        }
    }

    // The first name that does not begin with the prefix; no byte of UTF-8 is 0xff.
    private static byte[] EndOf(byte[] prefix) => prefix.Length == 0 ? [0xff] : [.. prefix[..^1], (byte)(prefix[^1] + 1)];

#pragma warning disable CA2100 // Every text given here is a constant of this file.
    private static NpgsqlCommand Command(NpgsqlConnection connection, string constant, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(constant, connection);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }
#pragma warning restore CA2100
}
