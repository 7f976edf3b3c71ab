using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust;

/// <summary>
/// What was released, refused and changed is on record before the peer knows of it, and without the record nothing happens.
/// </summary>
[Trait("Group", "TrustAudit")]
public sealed class AuditTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Releases_refusals_and_changes_are_recorded_without_a_secret()
    {
        await using var stage = await TrustStage.StartAsync();
        using var guest = stage.SampleGuest();
        var refusal = await Assert.ThrowsAsync<KbsException>(() => guest.GetResourceAsync(TrustStage.Secret, Cancel));
        await stage.AffirmSampleAsync();
        using var affirmed = stage.SampleGuest();
        (await affirmed.GetResourceAsync(TrustStage.Secret, Cancel)).Dispose();
        await Assert.ThrowsAsync<KbsException>(() => stage.Admin.SetPolicyAsync(PolicyKind.Resource, null, "no policy", Cancel));
        using var stranger = new KbsAdminClient(stage.Connect(), "not the token");
        var denied = await Assert.ThrowsAsync<KbsException>(() => stranger.DeleteResourceAsync(TrustStage.Secret, Cancel));
        Assert.NotNull(denied.Reference);

        var lines = await LinesAsync(stage);

        var put = Assert.Single(lines, line => Is(line, "change", "begun", "POST kbs/v0/resource/{**path}"));
        Assert.Equal(("admin token", "127.0.0.1", "default/key/1"), (Text(put, "who"), Text(put, "from"), Text(put, "object")));
        Assert.Single(lines, line => Is(line, "change", "done", "POST kbs/v0/resource/{**path}"));
        var refused = Assert.Single(lines, line => Is(line, "release", "refused", "GET kbs/v0/resource/{**path}"));
        Assert.Equal((refusal.Reference, "403"), (Text(refused, "reference"), Text(refused, "status")));
        var released = Assert.Single(lines, line => Is(line, "release", "done", "GET kbs/v0/resource/{**path}"));
        Assert.StartsWith("guest ", Text(released, "who"), StringComparison.Ordinal);
        Assert.Equal(Text(put, "mac"), Text(released, "mac"));
        Assert.Single(lines, line => Is(line, "change", "failed", "POST kbs/v0/admin/policies/{kind}/{**id}"));
        var stolen = Assert.Single(lines, line => Is(line, "change", "refused", "DELETE kbs/v0/resource/{**path}"));
        Assert.Equal(("unknown", denied.Reference), (Text(stolen, "who"), Text(stolen, "reference")));
        var everything = string.Concat(lines.Select(line => line.ToJsonString()));
        Assert.DoesNotContain(TrustStage.SecretText, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(stage.AdminToken, everything, StringComparison.Ordinal);
        var heads = Path.Combine(stage.Directory, "heads.json");
        await File.WriteAllTextAsync(heads, (await stage.Admin.GetAuditHeadsAsync(Cancel)).ToJsonString(), Cancel);
        (await NacreProgram.RunAsync(["audit", "verify", TrustServer.AuditDirectory(stage.Directory), "--heads", heads])).AssertDone();
        (await NacreProgram.RunAsync(["audit", "verify", TrustServer.AuditDirectory(stage.Directory)])).AssertFailed(1, "none of the directories has the store");
        Assert.Equal([Text(stolen, "seq")], (await stage.Admin.ListAuditAsync(null, denied.Reference, Cancel))["lines"]!.AsArray().Select(line => Text(line!, "seq")));
    }

    [Fact]
    public async Task Nothing_is_released_or_changed_while_the_record_cannot_be_written()
    {
        await using var disk = await SmallDisk.MountAsync();
        await using var stage = await TrustStage.StartAsync(audit: new() { Directory = disk.Path });
        await stage.AffirmSampleAsync();
        using var guest = stage.SampleGuest();
        (await guest.GetResourceAsync(TrustStage.Secret, Cancel)).Dispose();

        disk.Fill();
        await EndsAsync(async () =>
        {
            using var another = stage.SampleGuest();
            await another.AttestAsync(Cancel);
        });
        await EndsAsync(async () => (await guest.GetResourceAsync(TrustStage.Secret, Cancel)).Dispose());
        await EndsAsync(() => stage.Admin.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy("x"u8), Cancel));
        var change = await TryAsync(() => stage.Admin.PutResourceAsync(ResourceUri.Parse("kbs:///default/key/2"), SecretBytes.Copy("x"u8), Cancel));
        Assert.Contains("audit record cannot be written", change, StringComparison.Ordinal);
        Assert.DoesNotContain("default/key/2", (await stage.Admin.ListResourcesAsync(Cancel)).ToJsonString(), StringComparison.Ordinal);

        disk.Free();
        (await guest.GetResourceAsync(TrustStage.Secret, Cancel)).Dispose();
        (await NacreProgram.RunAsync(["audit", "verify", stage.Directory, disk.Path])).AssertDone();
    }

    [Fact]
    public async Task The_record_of_a_server_that_was_killed_is_whole_and_has_every_change_that_was_acknowledged()
    {
        var directory = Directory.CreateTempSubdirectory("nacre-audit-");
        try
        {
            var data = Path.Combine(directory.FullName, "data");
            var acknowledged = new ConcurrentBag<string>();
            for (var round = 0; round < 3; round++)
            {
                await using var server = await ServeProcess.StartAsync("--data", data, "--url", "https://127.0.0.1:0");
                using var admin = ServeProcess.ConnectAdmin(server.Url, data);
                var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(writer => WriteUntilKilledAsync(admin, $"r{round}w{writer}", acknowledged)));
                while (acknowledged.Count < 8 * (round + 1) && !writing.IsCompleted)
                    await Task.Delay(20, Cancel);
                await Task.Delay(RandomNumberGenerator.GetInt32(5, 200), Cancel);
                await server.KillAsync();
                await writing;
                (await NacreProgram.RunAsync(["audit", "verify", data])).AssertDone();
            }

            var recorded = Directory.GetFiles(TrustServer.AuditDirectory(data), "*.jsonl").SelectMany(File.ReadLines)
                .Where(line => line.Contains("\"begun\"", StringComparison.Ordinal) && line.EndsWith('}'))
                .Select(line => Text(JsonNode.Parse(line)!, "object")).ToHashSet();
            Assert.True(acknowledged.Count >= 24, $"only {acknowledged.Count} writes were acknowledged");
            Assert.Empty(acknowledged.Where(path => !recorded.Contains(path)));

            var segment = Directory.GetFiles(TrustServer.AuditDirectory(data), "*.jsonl").Order().First();
            var lines = await File.ReadAllLinesAsync(segment, Cancel);
            await File.WriteAllLinesAsync(segment, [.. lines[..9], .. lines[10..]], Cancel);
            (await NacreProgram.RunAsync(["audit", "verify", data])).AssertFailed(4, $"{Path.GetFileName(segment)}:10: the line with seq 10 is missing");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task WriteUntilKilledAsync(KbsAdminClient admin, string name, ConcurrentBag<string> acknowledged)
    {
        for (var i = 0; ; i++)
        {
            var uri = ResourceUri.Parse($"kbs:///audit/{name}/{i}");
            if ((await TryAsync(() => admin.PutResourceAsync(uri, SecretBytes.Copy(Encoding.UTF8.GetBytes($"value {i}")), Cancel))).Length > 0)
                return;
            acknowledged.Add(uri.Path);
        }
    }

    // The last page of the file takes a few lines more than the disk has room for.
    private static async Task EndsAsync(Func<Task> action)
    {
        var problem = "";
        for (var i = 0; i < 100 && problem.Length == 0; i++)
            problem = await TryAsync(action);
        Assert.Contains("audit record cannot be written", problem, StringComparison.Ordinal);
    }

    private static async Task<string> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return "";
        }
        catch (KbsException e)
        {
            return e.Detail;
        }
    }

    private static async Task<List<JsonNode>> LinesAsync(TrustStage stage) =>
        [.. (await stage.Admin.ListAuditAsync(null, null, Cancel))["lines"]!.AsArray().Select(line => line!)];

    private static bool Is(JsonNode line, string action, string outcome, string route) =>
        (Text(line, "action"), Text(line, "outcome"), Text(line, "route")) == (action, outcome, route);

    private static string? Text(JsonNode line, string name) => line[name]?.ToString();
}
