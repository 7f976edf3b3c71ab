using Nacre.EndToEndTests.Peers;
using Nacre.EndToEndTests.Trust;

namespace Nacre.EndToEndTests.Faults;

/// <summary>The database is crashed and stopped under load and comes back: the server goes on by itself and has lost nothing.</summary>
[Trait("Group", "Faults")]
public sealed class PostgresRestartTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-faults-");

    [Fact]
    public async Task Postgresql_restarted_under_load()
    {
        var data = Path.Combine(_directory.FullName, "data");
        await using var postgres = new PostgresServer();
        await postgres.InitializeAsync();
        var store = await postgres.CreateDatabaseAsync();
        await using var server = await ServeProcess.StartAsync("--data", data, "--url", "https://127.0.0.1:0", "--store", store);
        var load = new WriteLoad(data);
        using var stop = new CancellationTokenSource();
        var writers = load.RunAsync(server.Url, endsWithServer: false, stop.Token);
        for (var round = 0; round < 4; round++)
        {
            var before = load.Acknowledged;
            while (load.Acknowledged < before + 20)
                await Task.Delay(10, TestContext.Current.CancellationToken);
            await (round % 2 == 0 ? postgres.CrashAsync() : postgres.StopAsync());
            await postgres.StartAsync();
        }

        var atLast = load.Acknowledged;
        while (load.Acknowledged < atLast + 20)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await writers;
        await load.VerifyAsync(store);
        await load.VerifyAuditAsync(store);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
