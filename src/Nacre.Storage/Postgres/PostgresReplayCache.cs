using Npgsql;

namespace Nacre.Storage.Postgres;

/// <summary>An UNLOGGED table, committed without waiting for the disk; the server empties it after a crash.</summary>
public sealed class PostgresReplayCache : IReplayCache
{
    private const string Use = "INSERT INTO nacre.used (expires, id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    private const string Sweep = "DELETE FROM nacre.used WHERE expires < $1";

    private readonly PostgresSource _source;
    private int _uses;

    private PostgresReplayCache(PostgresSource source) => _source = source;

    /// <summary>The tables are made by <see cref="PostgresStore.OpenAsync"/>.</summary>
    public static PostgresReplayCache Open(string location, string? password, TimeProvider clock) =>
        new(PostgresSource.Create(location, password, flush: false, clock));

    public async ValueTask<bool> TryUseAsync(ReadOnlyMemory<byte> id, DateTimeOffset expires, CancellationToken cancel)
    {
        IReplayCache.Require(id);
        if (Interlocked.Increment(ref _uses) % IReplayCache.SweepEvery == 0)
        {
            var forget = (_source.Clock.GetUtcNow() - IReplayCache.Slack).ToUnixTimeMilliseconds();
            await RunAsync(Sweep, [new() { Value = forget }], cancel);
        }

        // Done twice after a lost connection it says "used", and the guest begins again: never the other way round.
        return await RunAsync(Use, [new() { Value = expires.ToUnixTimeMilliseconds() }, new() { Value = id.ToArray() }], cancel) == 1;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private ValueTask<int> RunAsync(string constant, NpgsqlParameter[] parameters, CancellationToken cancel) =>
        _source.RunAsync(
            "written",
            async (connection, stop) =>
            {
#pragma warning disable CA2100 // One of the two constants above.
                await using var command = new NpgsqlCommand(constant, connection);
#pragma warning restore CA2100
                foreach (var parameter in parameters)
                    command.Parameters.Add(parameter.Clone());
                return await command.ExecuteNonQueryAsync(stop);
            },
            cancel);
}
