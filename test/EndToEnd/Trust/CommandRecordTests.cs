using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Commands that work on the store itself stand in the audit record, beside the server that writes it too.</summary>
[Trait("Group", "TrustAudit")]
public sealed class CommandRecordTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-record-");

    private string Data => Path.Combine(_directory.FullName, "data");
    private string Copy => Path.Combine(_directory.FullName, "nacre.backup");
    private string Key => Path.Combine(_directory.FullName, "other.key");

    [Fact]
    public async Task Each_is_recorded_before_and_after_and_the_chains_are_whole()
    {
        await using (await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0"))
        {
            (await RunAsync("key", "rotate-data")).AssertDone();
            (await RunAsync("key", "rewrap", "--rate", "0")).AssertDone();
            (await RunAsync("backup", Copy)).AssertDone();
            (await RunAsync("key", "rotate-master", "--to", $"file:{Key}")).AssertDone();
            (await RunAsync("audit", "verify", Data, "--master-key", $"file:{Key}")).AssertDone();
        }

        Assert.Equal(
            [
                "change begun nacre key rotate-data", "change done nacre key rotate-data", "change begun nacre key rewrap",
                "change done nacre key rewrap", "read begun nacre backup", "read done nacre backup", "change begun nacre key rotate-master",
                "change done nacre key rotate-master",
            ],
            Lines().Select(line => $"{line["action"]} {line["outcome"]} {line["route"]}"));
        Assert.Equal("data key 2", (string?)Lines()[1]["reason"]);
        Assert.EndsWith("dropped 1 data keys", (string)Lines()[3]["reason"]!, StringComparison.Ordinal);
        Assert.Equal(Copy, (string?)Lines()[4]["object"]);
        Assert.EndsWith(" rows", (string)Lines()[5]["reason"]!, StringComparison.Ordinal);
        Assert.All(Lines(), line => Assert.Equal(($"user {Environment.UserName}", "command line"), ((string?)line["who"], (string?)line["from"])));
        (await RunAsync("audit", "verify", Data, "--master-key", $"file:{Key}")).AssertDone();
    }

    [Fact]
    public async Task A_store_that_was_restored_knows_the_record_of_it()
    {
        await using (await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0"))
            (await RunAsync("backup", Copy)).AssertDone();

        var database = await postgres.CreateDatabaseAsync();
        (await RunAsync("restore", Copy, "--store", database)).AssertDone();
        (await RunAsync("restore", Copy, "--store", database)).AssertFailed(1, "not empty");

        Assert.Equal(
            ["begun", "done", "begun", "failed"],
            Lines().Where(line => (string?)line["route"] == "nacre restore").Select(line => (string)line["outcome"]!));
        Assert.Contains("not empty", (string)Lines()[^1]["reason"]!, StringComparison.Ordinal);
        (await RunAsync("audit", "verify", Data, "--store", database)).AssertDone();

        // So does one that was there and stayed, of an attempt from a machine without a record.
        var other = _directory.CreateSubdirectory("other").FullName;
        File.Copy(TrustServer.MasterKeyPath(Data), TrustServer.MasterKeyPath(other));
        (await NacreProgram.RunAsync(["restore", Copy, "--data", other, "--store", database])).AssertFailed(1, "not empty");
        (await RunAsync("audit", "verify", Data, other, "--store", database)).AssertDone();

        // The end of the first restore is known to the store: cut off, it is missed.
        var record = Directory.GetFiles(TrustServer.AuditDirectory(Data), "*.jsonl")
            .Single(file => File.ReadAllText(file).Contains("nacre restore", StringComparison.Ordinal));
        var lines = await File.ReadAllLinesAsync(record, TestContext.Current.CancellationToken);
        var begun = Array.FindIndex(lines, line => line.Contains("nacre restore", StringComparison.Ordinal));
        await File.WriteAllTextAsync(record, string.Concat(lines.Take(begun + 1).Select(line => $"{line}\n")), TestContext.Current.CancellationToken);
        Assert.Equal(4, (await RunAsync("audit", "verify", Data, other, "--store", database)).ExitCode);
    }

    [Fact]
    public async Task What_cannot_be_recorded_is_not_done()
    {
        await using (await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0"))
        {
        }

        var audit = TrustServer.AuditDirectory(Data);
        Directory.Move(audit, $"{audit}.kept");
        await File.WriteAllTextAsync(audit, "", TestContext.Current.CancellationToken);
        (await RunAsync("key", "rotate-data")).AssertFailed(1, "the audit record");
        (await RunAsync("key", "rotate-master", "--to", $"file:{Key}")).AssertFailed(1, "the audit record");
        (await RunAsync("backup", Copy)).AssertFailed(1, "the audit record");
        (await RunAsync("import", "--from", "local-fs", Upstream())).AssertFailed(1, "the audit record");
        Assert.False(File.Exists(Copy));

        File.Delete(audit);
        Directory.Move($"{audit}.kept", audit);
        var key = Assert.Single(JsonNode.Parse((await RunAsync("key", "list", "-o", "json")).Output)!.AsArray())!;
        Assert.Equal(1, (int)key["id"]!);
        Assert.Empty(Lines());
        (await RunAsync("import", "--from", "local-fs", Upstream())).AssertDone();
        Assert.Equal(["begun", "done"], Lines().Select(line => (string)line["outcome"]!));
        Assert.Contains("repository: 1 added", (string)Lines()[^1]["reason"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Root_leaves_no_files_that_the_servers_user_could_not_go_on_with()
    {
        await using (await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0"))
        {
        }

        await ToolProcess.RunAsync("chown", ["-R", "65534", TrustServer.AuditDirectory(Data)]);

        (await RunAsync("key", "rotate-data")).AssertFailed(1, "sudo -u '#65534'");
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private string Upstream()
    {
        var folder = Path.Combine(_directory.FullName, "upstream");
        Directory.CreateDirectory(Path.Combine(folder, "repository"));
        File.WriteAllText(Path.Combine(folder, "repository", @"default\x2Fkey\x2F1"), "a secret");
        return folder;
    }

    private Task<ProgramResult> RunAsync(params string[] arguments) =>
        NacreProgram.RunAsync(arguments is ["audit", ..] ? arguments : [.. arguments, "--data", Data]);

    /// <summary>Of commands, in the order in which they were written.</summary>
    private IReadOnlyList<JsonObject> Lines() =>
    [
        .. Directory.GetFiles(TrustServer.AuditDirectory(Data), "*.jsonl").SelectMany(File.ReadLines).Select(line => JsonNode.Parse(line)!.AsObject())
            .Where(line => ((string?)line["route"])?.StartsWith("nacre ", StringComparison.Ordinal) == true)
            .OrderBy(line => (string?)line["at"], StringComparer.Ordinal).ThenBy(line => (long)line["seq"]!),
    ];
}
