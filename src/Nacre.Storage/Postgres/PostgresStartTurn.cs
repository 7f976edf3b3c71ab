using Npgsql;

namespace Nacre.Storage.Postgres;

/// <summary>Held while a server starts, so that servers that start together make their keys one after the other.</summary>
internal sealed class PostgresStartTurn : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private PostgresStartTurn(NpgsqlConnection connection) => _connection = connection;

    public static async Task<IAsyncDisposable> TakeAsync(PostgresSource source, CancellationToken cancel)
    {
        var connection = await source.OpenAsync(cancel);
        try
        {
            await PostgresSchema.LockStartAsync(connection, cancel);
            return new PostgresStartTurn(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The lock is given up by name: the session lives on in the pool.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await PostgresSchema.UnlockStartAsync(_connection, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The session was lost, and its lock with it.
        }

        await _connection.DisposeAsync();
    }
}
