using System.Text;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Import;
using Nacre.Storage;
using Nacre.Storage.Upstream;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Directories as upstream's LocalFs and LocalJson write them (trust.md 6), into a store of ours.</summary>
[Trait("Group", "TrustImport")]
public sealed class ImportTests : IDisposable
{
    private const string Policy = "package policy\nimport rego.v1\ndefault allow := false\nallow if data.plugin == \"resource\"\n";
    private const string CpuPolicy = "package policy\ntrust_claims := {\"executables\": 3, \"hardware\": 2, \"configuration\": 2}\n";
    private const string Reference = """{"version":"0.1.0","name":"svn","expiration":"2031-08-21T10:00:00Z","value":["1"]}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-import-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Old => Path.Combine(_folder, "old");

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("local-fs")]
    [InlineData("local-json")]
    public async Task Everything_of_upstreams_is_served_afterwards(string form)
    {
        Fill(form);
        var check = await NacreProgram.RunAsync(["import", "--check", "--from", form, Old, "--data", Data]);
        check.AssertDone();
        Assert.False(Directory.Exists(Data));

        var import = await NacreProgram.RunAsync(["import", "--from", form, Old, "--data", Data]);
        import.AssertDone();
        Assert.Equal(check.Output, import.Output);
        Assert.Equal(
            [
                "attestation_service_policy: 1 added, 0 the same, 0 replaced, 0 kept",
                "kbs: 1 added, 0 the same, 0 replaced, 0 kept",
                "kbs_protocol_session: 0 added, 0 the same, 0 replaced, 0 kept, 1 left out",
                "reference_value: 1 added, 0 the same, 0 replaced, 0 kept",
                "repository: 2 added, 0 the same, 0 replaced, 0 kept",
            ],
            import.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        await using var stage = await TrustStage.StartAsync(directory: Data);
        using var http = stage.RawClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", stage.AdminToken);
        Assert.Equal("""["1"]""", await http.GetStringAsync("/kbs/v0/reference-value/svn", Cancel));
        Assert.Equal(Policy, await PolicyAsync("resource/resource-policy"));
        Assert.Equal(CpuPolicy, await PolicyAsync("attestation/default_cpu"));
        using var guest = stage.SampleGuest();
        using var secret = await guest.GetResourceAsync(Nacre.Evidence.Protocol.ResourceUri.Parse("kbs:///one/two/three"), Cancel);
        Assert.Equal("binary \0 secret", Encoding.UTF8.GetString(secret.Reveal()));

        async Task<string?> PolicyAsync(string id) =>
            (string?)JsonNode.Parse(await http.GetStringAsync($"/kbs/v0/admin/policies/{id}", Cancel))!["policy"];
    }

    [Fact]
    public async Task Values_that_are_there_are_kept_unless_told_otherwise_and_defaults_give_way()
    {
        Fill("local-fs");
        await using (await TrustStage.StartAsync(directory: Data))
        {
        }

        var values = UpstreamDirectories.Read("local-fs", Old);
        var first = await RunAsync(values, overwrites: false);
        Assert.Equal(new ImportCount("repository", Added: 1, Kept: 1), Of(first, "repository"));
        Assert.Equal(new ImportCount("kbs", Replaced: 1), Of(first, "kbs"));
        Assert.Contains(first.Notes, note => note.Contains("default/key/1", StringComparison.Ordinal) && note.Contains("--overwrite", StringComparison.Ordinal));

        var second = await RunAsync(values, overwrites: true);
        Assert.Equal(new ImportCount("repository", Same: 1, Replaced: 1), Of(second, "repository"));
        var third = await RunAsync(values, overwrites: true);
        Assert.All(third.Counts.Where(count => count.Skipped == 0), count => Assert.Equal((0, 0, 0), (count.Added, count.Replaced, count.Kept)));
    }

    [Theory]
    [InlineData("kbs/resource-policy.rego", "package policy\nallow = ", "does not compile")]
    [InlineData("kbs/other.rego", Policy, "no name of a policy")]
    [InlineData("reference_value/svn", "{}", "no reference value")]
    [InlineData("reference_value/other", Reference, "under another name")]
    [InlineData("repository/a", "x", "no repository/type/tag")]
    [InlineData("repository/a\\x2F..\\x2Fc", "x", "no repository/type/tag")]
    [InlineData("surprise/x", "x", "does not have")]
    public async Task One_value_that_cannot_be_taken_stops_all_of_them(string file, string content, string problem)
    {
        Fill("local-fs");
        Write(file, content);

        var import = await NacreProgram.RunAsync(["import", "--from", "local-fs", Old, "--data", Data]);

        import.AssertFailed(1, problem);
        Assert.Contains("nothing was imported", import.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(TrustServer.StorePath(Data)));
    }

    [Fact]
    public void A_mounted_secret_is_read_and_a_link_out_of_the_directory_is_not()
    {
        var mounted = Path.Combine(Old, "repository", "default", "key");
        Directory.CreateDirectory(Path.Combine(mounted, "..2026"));
        File.WriteAllText(Path.Combine(mounted, "..2026", "1"), "mounted");
        Directory.CreateSymbolicLink(Path.Combine(mounted, "..data"), "..2026");
        File.CreateSymbolicLink(Path.Combine(mounted, "1"), "..data/1");

        var value = Assert.Single(UpstreamDirectories.Read("local-fs", Old));
        Assert.Equal(("repository", "default/key/1", "mounted"), (value.Space, value.Key, Encoding.UTF8.GetString(value.Value)));

        File.CreateSymbolicLink(Path.Combine(mounted, "2"), "/etc/hostname");
        Assert.Contains("leads out", Assert.Throws<StoreException>(() => UpstreamDirectories.Read("local-fs", Old)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a/b/c":"not base64!"}""", "base64")]
    [InlineData("""{"a/b/c":1}""", "base64")]
    [InlineData("""[]""", "cannot be read")]
    [InlineData("""{"a":"YQ==","a":"YQ=="}""", "cannot be read")]
    public void A_broken_file_of_local_json_is_named(string text, string problem)
    {
        Directory.CreateDirectory(Old);
        File.WriteAllText(Path.Combine(Old, "repository"), text);

        var error = Assert.Throws<StoreException>(() => UpstreamDirectories.Read("local-json", Old));

        Assert.Contains("repository", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    private static ImportCount Of(ImportReport report, string space) => report.Counts.Single(count => count.Space == space);

    private Task<ImportReport> RunAsync(IReadOnlyList<UpstreamValue> values, bool overwrites) => StoreImport.RunAsync(
        new TrustServerOptions { DataDirectory = Data, Url = new Uri("https://localhost") }, values, overwrites, onlyChecks: false,
        new RecordedCommand(AuditAction.Change, "tester", "nacre import"), Cancel);

    private void Fill(string form)
    {
        (string Space, string Key, string Value)[] values =
        [
            ("repository", "default/key/1", "another secret"), ("repository", "one/two/three", "binary \0 secret"),
            ("kbs", "resource-policy.rego", Policy), ("attestation_service_policy", "default_cpu.rego", CpuPolicy),
            ("reference_value", "svn", Reference), ("kbs_protocol_session", "0123", "{}"),
        ];
        if (form == "local-fs")
        {
            foreach (var (space, key, value) in values)
                Write($"{space}/{key.Replace("/", @"\x2F", StringComparison.Ordinal)}", value);
            return;
        }

        Directory.CreateDirectory(Old);
        foreach (var space in values.GroupBy(value => value.Space))
        {
            var json = new JsonObject();
            foreach (var (_, key, value) in space)
                json[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value)).Replace('+', '-').Replace('/', '_');
            File.WriteAllText(Path.Combine(Old, space.Key), json.ToJsonString());
        }
    }

    private void Write(string file, string content)
    {
        var path = Path.Combine(Old, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
