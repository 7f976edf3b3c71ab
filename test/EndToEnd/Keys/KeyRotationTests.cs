using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Faults;
using Nacre.EndToEndTests.Peers;
using Nacre.EndToEndTests.Trust;

namespace Nacre.EndToEndTests.Keys;

/// <summary>Two replicas are written to all the time while their keys rotate, and the rewriting is killed in the middle.</summary>
[Trait("Group", "TrustKeys")]
public sealed class KeyRotationTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-rotation-");

    private string Data => Path.Combine(_directory.FullName, "data");

    [Fact]
    public Task On_sqlite() => RunAsync("sqlite");

    [Fact]
    public async Task On_postgresql() => await RunAsync(await postgres.CreateDatabaseAsync());

    public void Dispose() => _directory.Delete(recursive: true);

    private async Task RunAsync(string store)
    {
        var load = new WriteLoad(Data);
        await using (var one = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0", "--store", store))
        await using (var two = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0", "--store", store))
        {
            using var stop = new CancellationTokenSource();
            Task[] writers =
            [
                load.RunAsync(one.Url, endsWithServer: false, stop.Token),
                load.RunAsync(two.Url, endsWithServer: false, stop.Token, lane: 1),
            ];
            await MoreAsync(load);
            (await KeyAsync(store, "rotate-data")).AssertDone();
            await MoreAsync(load);

            using (var killed = NacreProgram.Start(["key", "rewrap", "--rate", "1", "--data", Data, "--store", store]))
            {
                await UntilRewrittenAsync(store);
                killed.Kill();
                await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            var done = await KeyAsync(store, "rewrap", "--rate", "0");
            done.AssertDone();
            Assert.Contains("dropped 1 data keys", done.Error, StringComparison.Ordinal);
            await MoreAsync(load);
            await stop.CancelAsync();
            await Task.WhenAll(writers);
        }

        var key = Assert.Single(await ListAsync(store))!;
        Assert.Equal(2, (int)key["id"]!);
        await load.VerifyAsync(store);
    }

    private Task<ProgramResult> KeyAsync(string store, params string[] verb) =>
        NacreProgram.RunAsync(["key", .. verb, "--data", Data, "--store", store]);

    private async Task<JsonArray> ListAsync(string store) =>
        JsonNode.Parse((await KeyAsync(store, "list", "-o", "json")).Output)!.AsArray();

    // The writers put values under the new key too; those under the former become fewer by rewriting, or by being replaced.
    private async Task UntilRewrittenAsync(string store)
    {
        var before = (long)(await ListAsync(store))[0]!["values"]!;
        Assert.True(before > 64, $"only {before} values are under the former key");
        while ((long)(await ListAsync(store))[0]!["values"]! > before - 32)
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    private static async Task MoreAsync(WriteLoad load)
    {
        var before = load.Acknowledged;
        while (load.Acknowledged < before + 60)
            await Task.Delay(10, TestContext.Current.CancellationToken);
    }
}
