using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Trust;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Cli;

/// <summary>Versions, conditions and limits of a secret, as an owner sets them.</summary>
[Trait("Group", "TrustResources")]
public sealed class SecretCommandTests : IDisposable
{
    private const string Uri = "kbs:///default/cli/1";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-secret-");

    [Fact]
    public async Task Sets_lists_and_rolls_back()
    {
        await using var stage = await TrustStage.StartAsync();
        var (first, second) = (await FileAsync("first"), await FileAsync("second"));
        (await RunAsync(stage, "put", Uri, first, "--if-version", "0", "--label", "team=payments", "--once")).AssertDone();
        (await RunAsync(stage, "set", Uri, second, "--if-version", "1", "--max", "5", "--until", "2100-01-01T00:00:00Z")).AssertDone();
        (await RunAsync(stage, "put", Uri, first, "--if-version", "1")).AssertFailed(1, "not in the version that was expected");
        (await RunAsync(stage, "put", Uri, first, "--once", "--max", "2")).AssertFailed(1, "exclude each other");
        (await RunAsync(stage, "put", Uri, first, "--label", "nothing")).AssertFailed(1, "is no label");
        var back = await RunAsync(stage, "rollback", Uri, "--to", "1");
        back.AssertDone();
        Assert.Contains("has version 3", back.Error, StringComparison.Ordinal);

        var listed = JsonNode.Parse((await RunAsync(stage, "history", Uri, "-o", "json")).Output)!.AsArray();
        Assert.Equal([1, 2, 3], listed.Select(version => (int)version!["version"]!));
        Assert.Equal([1, 5, 1], listed.Select(version => (int)version!["limit"]!));
        Assert.Equal("payments", (string?)listed[2]!["labels"]!["team"]);
        Assert.StartsWith("2100-01-01", (string?)listed[1]!["until"], StringComparison.Ordinal);
        Assert.Contains("team", (await RunAsync(stage, "list")).Output, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private async Task<string> FileAsync(string text)
    {
        var path = Path.Combine(_directory.FullName, text);
        await File.WriteAllTextAsync(path, text);
        return path;
    }

    private static Task<ProgramResult> RunAsync(TrustStage stage, params string[] verb) => NacreProgram.RunAsync(
        ["secret", .. verb],
        new Dictionary<string, string?>
        {
            ["NACRE_URL"] = stage.Server.Url.ToString(),
            ["NACRE_CACERT"] = TrustServer.CaPath(stage.Directory),
            ["NACRE_TOKEN"] = stage.AdminToken,
        });
}
