using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;

namespace Nacre.EndToEndTests.Demo;

/// <summary>The demo as its user sees it, whole, interrupted, and without what it needs.</summary>
[Trait("Group", "Demo")]
public sealed class DemoTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-demo-test-").FullName;

    // The demo makes its folder below TMPDIR; here it is ours, and its processes are found by it.
    private Dictionary<string, string?> Environment => new() { ["TMPDIR"] = _folder, ["XDG_DATA_HOME"] = Path.Combine(_folder, "state") };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_step_holds_and_the_last_line_says_so()
    {
        var result = await NacreProgram.RunAsync(["demo", "--json"], Environment);

        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject()).ToArray();
        Assert.All(lines, line => Assert.True((bool)line["ok"]!, line.ToJsonString()));
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("""{"ok":true,""", lines[^1].ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(lines.Length - 1, (int)lines[^1]["steps"]!);
        Assert.Equal(4, lines.Count(line => ((string?)line["title"])?.StartsWith("refused", StringComparison.Ordinal) == true));
        AssertNothingLeft();
    }

    [Fact]
    public async Task Kept_it_answers_the_attested_guest_and_nobody_else()
    {
        var kept = await NacreProgram.RunAsync(["demo", "--keep"], Environment);
        try
        {
            Assert.Equal(0, kept.ExitCode);
            var told = kept.Error.Split('\n')
                .Where(line => line.Contains("export ", StringComparison.Ordinal))
                .Select(line => line.Trim()["export ".Length..].Split('=', 2)).ToDictionary(pair => pair[0], pair => (string?)pair[1]);

            var asGuest = await NacreProgram.RunAsync(["secret", "get", "kbs:///default/key/1"], told);
            Assert.Equal(("the owner's secret\n", 0), (asGuest.Output, asGuest.ExitCode));

            var owner = await NacreProgram.RunAsync(["attempts", "list", "-o", "json"], told);
            Assert.NotEmpty(JsonNode.Parse(owner.Output)!.AsArray());

            var authority = new X509Certificate2Collection();
            authority.ImportFromPemFile(told["NACRE_CACERT"]!);
            using var anonymous = KbsTransport.Create(new Uri(told["NACRE_URL"]!), authority);
            var refused = await Assert.ThrowsAsync<KbsException>(
                () => anonymous.SendAsync(HttpMethod.Get, "resource/default/key/1", null, null, credential: null, CancellationToken.None));
            Assert.Equal((HttpStatusCode.Unauthorized, "TokenNotFound"), (refused.Status, refused.ErrorType));
        }
        finally
        {
            Assert.Equal(0, (await NacreProgram.RunAsync(["demo", "--stop"], Environment)).ExitCode);
        }

        AssertNothingLeft();
    }

    [Fact]
    public async Task Interrupted_it_stops_what_it_started()
    {
        using var demo = NacreProgram.Start(["demo", "--json"], Environment);
        await demo.StandardOutput.ReadLineAsync();
        await demo.StandardOutput.ReadLineAsync();

        using (var interrupt = Process.Start("kill", ["-INT", $"{demo.Id}"]))
            await interrupt.WaitForExitAsync();
        await NacreProgram.WaitAsync(demo);

        Assert.Equal(130, demo.ExitCode);
        AssertNothingLeft();
    }

    [Fact]
    public async Task Killed_it_leaves_no_process()
    {
        using var demo = NacreProgram.Start(["demo", "--json"], Environment);
        await demo.StandardOutput.ReadLineAsync();
        await demo.StandardOutput.ReadLineAsync();

        demo.Kill();
        await demo.WaitForExitAsync();

        // The kernel tells the children; they need a moment to be gone.
        for (var i = 0; i < 100 && Processes().Length > 0; i++)
            await Task.Delay(50);
        Assert.Empty(Processes());
    }

    [Fact]
    public async Task Without_swtpm_it_says_what_to_install()
    {
        // A PATH with the programs that start processes, and nothing else.
        var path = Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName;
        foreach (var program in (string[])["dotnet", "setsid", "setpriv", "sh", "kill", "env"])
            File.CreateSymbolicLink(Path.Combine(path, program), Find(program));

        var result = await NacreProgram.RunAsync(["demo"], new Dictionary<string, string?>(Environment) { ["PATH"] = path });

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("swtpm", result.Output, StringComparison.Ordinal);
        Assert.Contains("apt-get install", result.Output, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    private void AssertNothingLeft()
    {
        Assert.Empty(Processes());
        Assert.Empty(Directory.EnumerateDirectories(_folder, "nacre-demo-*"));
    }

    private string[] Processes() =>
        [.. Directory.EnumerateDirectories("/proc").Where(directory => int.TryParse(Path.GetFileName(directory), out _)).Select(CommandLine)
            .Where(line => line.Contains(Path.Combine(_folder, "nacre-demo-"), StringComparison.Ordinal))];

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            // It ended between listing and looking.
            return "";
        }
    }

    private static string Find(string program) =>
        System.Environment.GetEnvironmentVariable("PATH")!.Split(':').Concat(["/usr/sbin"]).Select(folder => Path.Combine(folder, program)).First(File.Exists);
}
