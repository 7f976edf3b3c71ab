using System.Globalization;
using System.Security.Cryptography;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.EndToEndTests.Trust;

namespace Nacre.EndToEndTests.Faults;

/// <summary>
/// SIGKILL at random points of servers that are being written to: what they acknowledged is there, and whole, and so is the audit record. Two
/// servers on each store take turns in being killed, so one is written to while the other starts. NACRE_FAULT_POINTS sets how many points for
/// each store.
/// </summary>
public abstract class KillPointContract : IDisposable
{
    private const int DefaultPoints = 250;
    private const int Lanes = 2;
    private const int LongestLife = 150;

    // A start takes about a second here; so these die at any moment of it.
    private const int OneOfDiesEarly = 10;
    private const int LongestStart = 1200;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-faults-");

    private static int Points =>
        Environment.GetEnvironmentVariable("NACRE_FAULT_POINTS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultPoints;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>As <c>--store</c> has it.</summary>
    protected abstract Task<string> StoreAsync();

    [Fact]
    public async Task Kill_9_at_random_points_loses_nothing_that_was_acknowledged()
    {
        var store = await StoreAsync();
        var data = Path.Combine(_directory.FullName, "data");
        string[] arguments = ["serve", "--data", data, "--url", "http://127.0.0.1:0", "--development", "--store", store];
        var load = new WriteLoad(data);
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(
            async () =>
            {
                for (var point = lane; point < Points; point += Lanes)
                {
                    // The first point makes the store.
                    if (point >= Lanes && point / Lanes % OneOfDiesEarly == 0)
                        await KillEarlyAsync(arguments);
                    else
                        await KillUnderLoadAsync(load, arguments[1..], point, lane);
                }
            },
            Cancel)));

        Assert.True(load.Acknowledged >= Points, $"only {load.Acknowledged} writes were acknowledged");
        await load.VerifyAsync(store);
        await load.VerifyAuditAsync(store);
    }

    public void Dispose()
    {
        _directory.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    private static async Task KillUnderLoadAsync(WriteLoad load, string[] arguments, int point, int lane)
    {
        await using var server = await ServeProcess.StartAsync(arguments);
        if (server.FirstLine is null)
            Assert.Fail($"the server did not start again at point {point}: {(await server.EndAsync()).Error}");
        using var stop = new CancellationTokenSource();
        var before = load.Acknowledged;
        var writers = load.RunAsync(server.Url, endsWithServer: true, stop.Token, lane);
        while (load.Acknowledged == before && !writers.IsCompleted)
            await Task.Delay(5, Cancel);
        await Task.Delay(RandomNumberGenerator.GetInt32(0, LongestLife), Cancel);
        await server.KillAsync();
        await stop.CancelAsync();
        await writers;
    }

    private static async Task KillEarlyAsync(string[] arguments)
    {
        using var process = NacreProgram.Start(arguments);
        await Task.Delay(RandomNumberGenerator.GetInt32(0, LongestStart), Cancel);
        process.Kill();
        await process.WaitForExitAsync(Cancel);
    }
}

[Trait("Group", "FaultsKill")]
public sealed class SqliteKillPointTests : KillPointContract
{
    protected override Task<string> StoreAsync() => Task.FromResult("sqlite");
}

[Trait("Group", "FaultsKill")]
public sealed class PostgresKillPointTests(PostgresServer postgres) : KillPointContract, IClassFixture<PostgresServer>
{
    protected override Task<string> StoreAsync() => postgres.CreateDatabaseAsync();
}
