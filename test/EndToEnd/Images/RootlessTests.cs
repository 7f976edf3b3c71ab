using System.Text.Json.Nodes;
using Nacre.Cli.Demo;
using Nacre.EndToEndTests.Peers;
using Nacre.Linux;

namespace Nacre.EndToEndTests.Images;

/// <summary>An ordinary user pulls and runs.</summary>
[Trait("Group", "ImagesRootless")]
public sealed class RootlessTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private const string User = "54321";
    private readonly ImageScene _scene = new(fixture.Registry);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_ordinary_user_pulls_and_runs(bool store)
    {
        Assert.SkipUnless(ProcessIdentity.IsRoot, "only root can become another user");
        await _scene.PushAsync();
        // A place of the user, below a directory that others may pass.
        File.SetUnixFileMode(_scene.Directory, (UnixFileMode)0x1ed);
        var home = Directory.CreateDirectory(Path.Combine(_scene.Directory, "home")).FullName;
        await ToolRun.RunAsync("chown", [User, home]);
        var bundle = Path.Combine(home, "bundle");
        string[] more = store ? ["--store", Path.Combine(home, "store")] : [];
        await AsUserAsync(home, ["dotnet", Path.Combine(AppContext.BaseDirectory, "nacre.dll"), "image", "pull", _scene.Docker, bundle,
            "--insecure-accept-anything", "--plain-http", "loopback", .. more]);

        var config = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(bundle, "config.json")))!;
        Assert.Equal(54321, (int)config["linux"]!["uidMappings"]![0]!["hostID"]!);
        var output = await AsUserAsync(home, ["runc", "--root", Path.Combine(home, "runc"), "run", "-b", bundle, "rootless-" + Path.GetFileName(_scene.Directory)]);
        Assert.Contains(BusyboxImage.Greeting, output, StringComparison.Ordinal);
    }

    public void Dispose() => _scene.Dispose();

    private static Task<string> AsUserAsync(string home, string[] command) => ToolRun.RunAsync(
        "setpriv", ["--reuid", User, "--regid", User, "--clear-groups", .. command],
        ("HOME", home), ("TMPDIR", home), ("DOTNET_CLI_HOME", home), ("XDG_RUNTIME_DIR", home));
}
