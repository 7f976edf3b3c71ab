using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nacre.EndToEndTests.Cli;
using YamlDotNet.RepresentationModel;

namespace Nacre.EndToEndTests.Deploy;

/// <summary>What deploy/ has is well formed, and asks of the server only what it can do. Templates are not rendered here: that needs helm.</summary>
[Trait("Group", "TrustDeploy")]
public sealed partial class DeployTests
{
    private static string Folder => Path.Combine(Root(), "deploy");

    [Fact]
    public async Task The_unit_is_valid_and_well_enclosed()
    {
        var unit = Path.Combine(Folder, "systemd", "nacre.service");

        var (code, text) = await RunAsync("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit);

        Assert.True(code == 0, text);
        var (_, problems) = await RunAsync("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit);
        Assert.DoesNotContain("Unknown", problems, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Failed to parse", problems, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Compose_names_only_what_it_declares()
    {
        var compose = Yaml(Path.Combine(Folder, "compose", "compose.yaml"));
        var services = Map(compose["services"]);

        Assert.Equal(["server-1", "server-2", "database"], services.Children.Keys.Select(key => key.ToString()));
        foreach (var kind in (string[])["volumes", "networks", "secrets"])
        {
            var declared = Map(compose[kind]).Children.Keys.Select(key => key.ToString()).ToList();
            foreach (var service in services.Children.Values.Select(Map))
            {
                var used = Sequence(service, kind).Concat(Merged(service) is { } shared ? Sequence(shared, kind) : []);
                Assert.All(used, name => Assert.Contains(name.Split(':')[0], declared));
            }
        }

        Assert.Equal("true", compose["networks"]["back"]["internal"].ToString());
        Assert.DoesNotContain("ports", Map(services["database"]).Children.Keys.Select(key => key.ToString()));
    }

    [Fact]
    public void Every_value_of_the_chart_is_in_its_schema_and_every_use_in_its_values()
    {
        var chart = Path.Combine(Folder, "helm", "nacre");
        var values = Map(Yaml(Path.Combine(chart, "values.yaml")));
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(chart, "values.schema.json")))!;
        var about = Yaml(Path.Combine(chart, "Chart.yaml"));

        Assert.Equal(("v2", "nacre"), (about["apiVersion"].ToString(), about["name"].ToString()));
        Assert.Equal([], Unknown(values, schema, ""));
        var uses = Directory.EnumerateFiles(Path.Combine(chart, "templates")).SelectMany(file => Uses().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["path"].Value).Distinct().ToList();
        Assert.InRange(uses.Count, 15, 100);
        Assert.All(uses, use => Assert.True(Has(values, use.Split('.')), $".Values.{use} is not in values.yaml"));
    }

    [Fact]
    public void Every_template_opens_and_closes_its_blocks_and_guards_its_pods()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Folder, "helm", "nacre", "templates")))
        {
            var text = File.ReadAllText(file);
            Assert.Equal(Blocks().Count(text), Ends().Count(text));
            Assert.Equal(text.Split("{{").Length, text.Split("}}").Length);
            Assert.DoesNotContain('\t', text);
        }

        var pods = File.ReadAllText(Path.Combine(Folder, "helm", "nacre", "templates", "statefulset.yaml"));
        foreach (var wanted in (string[])["runAsNonRoot: true", "readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "drop: [\"ALL\"]",
            "automountServiceAccountToken: false", "/readyz", "/healthz", "NACRE_MASTER_KEY", "@{{ .Values.image.digest }}"])
            Assert.Contains(wanted, pods, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_option_that_is_used_exists()
    {
        var help = (await NacreProgram.RunAsync(["serve", "--help"])).Output + (await NacreProgram.RunAsync(["doctor", "--help"])).Output;
        string[] files = ["systemd/nacre.service", "compose/compose.yaml", "helm/nacre/templates/statefulset.yaml", "Containerfile"];
        foreach (var file in files)
        {
            var text = string.Join('\n', File.ReadLines(Path.Combine(Folder, file)).Where(line => Lines().IsMatch(line)));
            var options = Options().Matches(text).Select(match => match.Value).Distinct().ToList();
            Assert.NotEmpty(options);
            Assert.All(options, option => Assert.Contains($"{option} ", help, StringComparison.Ordinal));
        }
    }

    // Lines that call the server; others have options of other programs.
    [GeneratedRegex(@"nacre\.dll|^\s+- (--|\{\{)|""serve""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Lines();

    [GeneratedRegex(@"(?<![-\w])--[a-z][-a-z0-9]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Options();

    [GeneratedRegex(@"\.Values\.(?<path>[a-zA-Z]+(\.[a-zA-Z]+)*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Uses();

    [GeneratedRegex(@"\{\{-? *(if|with|range|define) ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"\{\{-? *end *-?\}\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ends();

    private static YamlNode Yaml(string path)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(path);
        stream.Load(reader);
        return Assert.Single(stream.Documents).RootNode;
    }

    private static YamlMappingNode Map(YamlNode node) => Assert.IsType<YamlMappingNode>(node);

    private static YamlMappingNode? Merged(YamlMappingNode service) => service.Children.TryGetValue("<<", out var shared) ? Map(shared) : null;

    private static IEnumerable<string> Sequence(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var items) ? Assert.IsType<YamlSequenceNode>(items).Select(item => item.ToString()) : [];

    private static IEnumerable<string> Unknown(YamlMappingNode values, JsonNode schema, string place) =>
        values.Children.SelectMany(pair => schema["properties"]?[pair.Key.ToString()] is not { } known ? [place + pair.Key]
            : pair.Value is YamlMappingNode inner && known["properties"] is not null ? Unknown(inner, known, $"{place}{pair.Key}.") : []);

    private static bool Has(YamlMappingNode values, string[] path) => values.Children.TryGetValue(path[0], out var value)
        && (path.Length == 1 || value is YamlMappingNode inner && Has(inner, path[1..]));

    private static async Task<(int Code, string Text)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
