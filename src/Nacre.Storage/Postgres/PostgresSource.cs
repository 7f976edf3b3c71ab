using System.Text;
using Npgsql;

namespace Nacre.Storage.Postgres;

/// <summary>The connections to one database, and what happens when they break: tried again for a bounded time, then a clear error.</summary>
internal sealed class PostgresSource(NpgsqlDataSource source, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>A server restarts within it; a guest waits no longer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const string IdleInTransaction = "25P03";
    private const int ConnectSeconds = 5;
    private const int CommandSeconds = 10;
    private const int MaxConnections = 20;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(500);

    public TimeProvider Clock => clock;

    /// <param name="location">As <see cref="PostgresLocation"/> describes it.</param>
    /// <param name="password">Null to have none, or the one of PGPASSWORD or PGPASSFILE.</param>
    /// <param name="flush">Whether a commit is on disk before it is acknowledged, whatever the server's default is.</param>
    /// <param name="clock">Measures how long to try again.</param>
    public static PostgresSource Create(string location, string? password, bool flush, TimeProvider clock)
    {
        var settings = PostgresLocation.Parse(location);
        settings.Password = password;
        settings.Timeout = ConnectSeconds;
        settings.CommandTimeout = CommandSeconds;
        settings.MaxPoolSize = MaxConnections;
        settings.MaxAutoPrepare = 16;
        settings.AutoPrepareMinUsages = 2;
        settings.TcpKeepAlive = true;
        settings.ApplicationName ??= "nacre";

        // A replica that vanishes inside a transaction must not keep the others waiting.
        settings.Options = $"-c synchronous_commit={(flush ? "on" : "off")} -c idle_in_transaction_session_timeout=10s";
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        return new PostgresSource(builder.Build(), clock);
    }

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancel) => source.OpenConnectionAsync(cancel);

    /// <summary>For what may be done twice.</summary>
    public async ValueTask<T> RunAsync<T>(string what, Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancel)
    {
        var since = clock.GetTimestamp();
        var pause = s_firstPause;
        while (true)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancel);
                return await work(connection, cancel);
            }
            catch (Exception e) when (IsPassing(e) && clock.GetElapsedTime(since) < Patience)
            {
                pause = await PauseAsync(pause, cancel);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                throw Failure(what, e);
            }
        }
    }

    /// <summary>The pause to make next time.</summary>
    public async Task<TimeSpan> PauseAsync(TimeSpan pause, CancellationToken cancel)
    {
        // Connections to a server that went away are of no use, idle ones too.
        source.Clear();
        await Task.Delay(pause, clock, cancel);
        return pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
    }

    public static TimeSpan FirstPause => s_firstPause;

    /// <summary>The server is away, starting, or ended our session; the same may go well later.</summary>
    public static bool IsPassing(Exception e) => e switch
    {
        PostgresException refused => refused.IsTransient || refused.SqlState.StartsWith("57P", StringComparison.Ordinal)
            || refused.SqlState.StartsWith("08", StringComparison.Ordinal) || refused.SqlState == IdleInTransaction,
        NpgsqlException or TimeoutException => true,
        _ => false,
    };

    /// <summary>Without the server's detail lines, which may quote rows.</summary>
    public static StoreException Failure(string what, Exception e) =>
        new($"the store cannot be {what}: {(e as PostgresException)?.MessageText ?? e.Message}", e);

    public static byte[] Name(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A row is read whole, so nothing waits here.</summary>
    public static byte[] Bytes(NpgsqlDataReader rows, int column) => rows.GetFieldValue<byte[]>(column);

    public static string Name(NpgsqlDataReader rows, int column) => Encoding.UTF8.GetString(Bytes(rows, column));

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
