using System.Globalization;
using System.Security.Cryptography;
using Nacre.EndToEndTests.Peers;
using Nacre.EndToEndTests.Trust;

namespace Nacre.EndToEndTests.Faults;

/// <summary>
/// SIGKILL at random points of a server that is being written to: what it acknowledged is there, and whole. NACRE_FAULT_POINTS sets how many
/// points for each store.
/// </summary>
[Trait("Group", "Faults")]
public sealed class KillPointTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IDisposable
{
    private const int DefaultPoints = 6;
    private const int VerifyEvery = 25;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-faults-");

    private static int Points =>
        Environment.GetEnvironmentVariable("NACRE_FAULT_POINTS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultPoints;

    [Fact]
    public Task Kill_9_on_sqlite() => RunAsync("sqlite");

    [Fact]
    public async Task Kill_9_on_postgresql() => await RunAsync(await postgres.CreateDatabaseAsync());

    private async Task RunAsync(string store)
    {
        var data = Path.Combine(_directory.FullName, "data");
        var load = new WriteLoad(data);
        for (var point = 1; point <= Points; point++)
        {
            await using var server = await ServeProcess.StartAsync("--data", data, "--url", "https://127.0.0.1:0", "--store", store);
            Assert.True(server.FirstLine is not null, $"the server did not start again after {point - 1} kills");
            using var stop = new CancellationTokenSource();
            var before = load.Acknowledged;
            var writers = load.RunAsync(server.Url, endsWithServer: true, stop.Token);
            while (load.Acknowledged == before && !writers.IsCompleted)
                await Task.Delay(5, TestContext.Current.CancellationToken);
            await Task.Delay(RandomNumberGenerator.GetInt32(0, 250), TestContext.Current.CancellationToken);
            await server.KillAsync();
            await stop.CancelAsync();
            await writers;
            if (point % VerifyEvery == 0)
                await load.VerifyAsync(store);
        }

        Assert.True(load.Acknowledged >= Points, $"only {load.Acknowledged} writes were acknowledged");
        await load.VerifyAsync(store);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
