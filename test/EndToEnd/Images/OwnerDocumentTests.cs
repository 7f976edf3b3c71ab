using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Nacre.Cli.Demo;
using Nacre.EndToEndTests.Cli;

namespace Nacre.EndToEndTests.Images;

/// <summary>The commands of docs/images.md, line for line as they stand there, against the broker, the registry and the machine of a kept demo.</summary>
[Trait("Group", "ImagesDocument")]
public sealed partial class OwnerDocumentTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-document-").FullName;
    private readonly Dictionary<string, string?> _environment = [];

    private Dictionary<string, string?> DemoEnvironment => new() { ["TMPDIR"] = _folder, ["XDG_DATA_HOME"] = Path.Combine(_folder, "state") };

    public async ValueTask InitializeAsync()
    {
        var kept = await NacreProgram.RunAsync(["demo", "--keep"], DemoEnvironment);
        Assert.True(kept.ExitCode == 0, kept.Output + kept.Error);
        foreach (Match export in Export().Matches(kept.Error))
            _environment[export.Groups["name"].Value] = export.Groups["value"].Value;
        _environment["REGISTRY"] = Registry().Match(kept.Error).Groups["host"].Value;

        var bin = Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName;
        WriteProgram(bin, "nacre", $"dotnet {Path.Combine(AppContext.BaseDirectory, "nacre.dll")}");
        WriteProgram(bin, "skopeo", (await ToolRun.RunAsync(Path.Combine(Root(), "tools", "peers", "newer-skopeo"), ["skopeo"])).Trim());
        _environment["PATH"] = $"{bin}:{Environment.GetEnvironmentVariable("PATH")}";
        _environment["HOME"] = _folder;

        // skopeo asks for a policy of its own, which is another matter; this is what Debian's package installs.
        var containers = Directory.CreateDirectory(Path.Combine(_folder, ".config", "containers")).FullName;
        await File.WriteAllTextAsync(Path.Combine(containers, "policy.json"), """{"default":[{"type":"insecureAcceptAnything"}]}""");
        BusyboxImage.Write(Path.Combine(_folder, "layout"), "plain");
        await ImageScene.CopyAsync($"oci:{Path.Combine(_folder, "layout")}:plain", $"docker-archive:{Path.Combine(_folder, "app.tar")}:app:1");
    }

    [Theory]
    [InlineData("### With skopeo", "app")]
    [InlineData("### With nacre alone", "own")]
    public async Task The_lines_of_the_document_lead_to_a_bundle(string heading, string name)
    {
        string[] lines = [.. Lines("## From Docker to").Take(1), .. Lines(heading)];
        Assert.Equal(6, lines.Length);
        var script = string.Join('\n', ["set -eu", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", $"cd {_folder}", .. lines]);
        var (code, output, error) = await ToolRun.TryAsync("bash", ["-c", script], [.. _environment.Select(pair => (pair.Key, pair.Value!))]);
        Assert.True(code == 0, $"{output}\n{error}");

        Assert.Equal(File.ReadAllBytes("/bin/busybox"), await File.ReadAllBytesAsync(Path.Combine(_folder, "bundle", "rootfs", "bin", "busybox")));

        // Without the machine that the broker trusts the same line gets nothing.
        var elsewhere = _environment.ToDictionary();
        elsewhere["NACRE_TPM"] = "127.0.0.1:1";
        var refused = await NacreProgram.RunAsync(
            ["image", "pull", $"docker://{_environment["REGISTRY"]}/{name}:1", Path.Combine(_folder, "other"), "--plain-http", "loopback",
                "--key", $"kbs:///default/cosign-public-key/{name}"], elsewhere);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.False(Directory.Exists(Path.Combine(_folder, "other")));
    }

    public async ValueTask DisposeAsync()
    {
        await NacreProgram.RunAsync(["demo", "--stop"], DemoEnvironment);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The indented lines between a heading and the next.</summary>
    private static IEnumerable<string> Lines(string heading) => File.ReadLines(Path.Combine(Root(), "docs", "images.md"))
        .SkipWhile(line => !line.StartsWith(heading, StringComparison.Ordinal)).Skip(1)
        .TakeWhile(line => !line.StartsWith('#'))
        .Where(line => line.StartsWith("    ", StringComparison.Ordinal)).Select(line => line.Trim());

    private static void WriteProgram(string directory, string name, string command)
    {
        var file = Path.Combine(directory, name);
        File.WriteAllText(file, $"#!/bin/sh\nexec {command} \"$@\"\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));

    [GeneratedRegex(@"^\s*export (?<name>\w+)=(?<value>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Export();

    [GeneratedRegex(@"image inspect docker://(?<host>[^/]+)/", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Registry();
}
