using System.Net;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Peers;
using Nacre.KeyBroker.Audit;

namespace Nacre.EndToEndTests.Trust;

/// <summary>/readyz uses every part, names the one that does not work and nothing that is not for everybody.</summary>
[Trait("Group", "TrustHealth")]
public sealed class HealthTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_in_order_is_ready_and_names_its_parts()
    {
        await using var stage = await TrustStage.StartAsync();

        var (status, body) = await ReadyAsync(stage);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("ready", (string?)body["status"]);
        Assert.Equal(
            ["store ok", "audit ok", "token-keys ok", "clock ok", "clock-of-others ok", "collateral ok"],
            body["parts"]!.AsArray().Select(part => $"{part!["name"]} {part["status"]}"));
    }

    [Fact]
    public async Task A_store_that_is_gone_is_503_and_back_again_200()
    {
        await using var database = new PostgresServer();
        await database.InitializeAsync();
        await using var stage = await TrustStage.StartAsync(store: await database.CreateDatabaseAsync());
        Assert.Equal(HttpStatusCode.OK, (await ReadyAsync(stage)).Status);

        await database.StopAsync();
        var (status, body) = await AwaitAsync(stage, HttpStatusCode.ServiceUnavailable);

        Assert.Equal("fail", Part(body, "store")["status"]!.ToString());
        Assert.DoesNotContain(stage.Directory, body.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("ok", Part(body, "audit")["status"]!.ToString());
        await database.StartAsync();
        await AwaitAsync(stage, HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
    }

    [Fact]
    public async Task An_audit_record_on_a_full_disk_is_503()
    {
        await using var disk = await SmallDisk.MountAsync();
        await using var stage = await TrustStage.StartAsync(audit: new AuditLogOptions { Directory = Path.Combine(disk.Path, "audit") });
        Assert.Equal(HttpStatusCode.OK, (await ReadyAsync(stage)).Status);

        disk.Fill();
        var (_, body) = await AwaitAsync(stage, HttpStatusCode.ServiceUnavailable);

        Assert.Equal("fail", Part(body, "audit")["status"]!.ToString());
        disk.Free();
        await AwaitAsync(stage, HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_clock_before_what_was_made_is_503_and_one_that_differs_from_anothers_is_told()
    {
        await using var first = await TrustStage.StartAsync();
        await using var second = await TrustStage.StartAsync(directory: first.Directory);
        second.Clock.Skip(TimeSpan.FromMinutes(10));
        Assert.Equal(HttpStatusCode.OK, (await ReadyAsync(second)).Status);

        var (status, body) = await ReadyAsync(first);
        Assert.Equal((HttpStatusCode.OK, "warn"), (status, Part(body, "clock-of-others")["status"]!.ToString()));
        Assert.Contains("10 min ahead", Part(body, "clock-of-others")["trouble"]!.ToString(), StringComparison.Ordinal);

        first.Clock.Skip(TimeSpan.FromDays(-400));
        (_, body) = await AwaitAsync(first, HttpStatusCode.ServiceUnavailable);
        Assert.Equal("fail", Part(body, "clock")["status"]!.ToString());
    }

    [Fact]
    public async Task However_often_it_is_asked_the_parts_are_used_once_a_second()
    {
        await using var stage = await TrustStage.StartAsync(metrics: true);
        using var http = new HttpClient();
        async Task<string> WritesAsync() => (await http.GetStringAsync(new Uri(stage.Server.MetricsUrl!, "/metrics"), Cancel))
            .Split('\n').Single(line => line.StartsWith("nacre_store_flush_duration_seconds_count", StringComparison.Ordinal));
        await ReadyAsync(stage);
        var before = Count(await WritesAsync());
        var since = TimeProvider.System.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => ReadyAsync(stage)));

        var seconds = TimeProvider.System.GetElapsedTime(since).TotalSeconds;
        Assert.InRange(Count(await WritesAsync()) - before, 0, seconds + 1);
    }

    private static double Count(string line) => double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<(HttpStatusCode Status, JsonObject Body)> ReadyAsync(TrustStage stage)
    {
        using var http = stage.RawClient();
        using var reply = await http.GetAsync("/readyz", Cancel);
        return (reply.StatusCode, JsonNode.Parse(await reply.Content.ReadAsStringAsync(Cancel))!.AsObject());
    }

    private static async Task<(HttpStatusCode Status, JsonObject Body)> AwaitAsync(TrustStage stage, HttpStatusCode status)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var found = await ReadyAsync(stage);
            if (found.Status == status)
                return found;
            await Task.Delay(200, limit.Token);
        }
    }

    private static JsonNode Part(JsonObject body, string name) => body["parts"]!.AsArray().Single(part => part!["name"]!.ToString() == name)!;
}
