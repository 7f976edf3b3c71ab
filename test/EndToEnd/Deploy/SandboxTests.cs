using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Images;

namespace Nacre.EndToEndTests.Deploy;

/// <summary>
/// The server as deploy/ has it started, by runc: a user who is not root, no capability, a root file system that cannot be written, and the
/// system calls that the systemd unit allows.
/// </summary>
[Trait("Group", "TrustDeploy")]
public sealed class SandboxTests : IDisposable
{
    private const string User = "10001";

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-sandbox-").FullName;
    private readonly string _name = $"nacre-{Guid.NewGuid():n}";

    [Fact]
    public async Task Becomes_ready_with_the_system_calls_of_the_unit_and_ends_in_order()
    {
        var state = Path.Combine(_folder, "state");
        Directory.CreateDirectory(state, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await ToolRun.RunAsync("chown", [User, state]);
        await WriteBundleAsync(state);

        using var server = Process.Start(Runc("run", "--bundle", _folder, _name))!;
        var errors = server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var line = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? $"it did not start: {await errors}";
        Assert.StartsWith("listening on https://127.0.0.1:", line, StringComparison.Ordinal);
        var url = line["listening on ".Length..line.IndexOf(',', StringComparison.Ordinal)];
        var ready = await NacreProgram.RunAsync(["doctor", "--ready", "--url", url, "--cacert", Path.Combine(state, "ca.pem")]);
        ready.AssertDone();

        using var stop = Process.Start(Runc("kill", _name, "TERM"))!;
        await NacreProgram.WaitAsync(server);
        Assert.Equal(0, server.ExitCode);
    }

    public void Dispose()
    {
        using (var end = Process.Start(Runc("delete", "--force", _name))!)
            end.WaitForExit();
        Directory.Delete(_folder, recursive: true);
    }

    private ProcessStartInfo Runc(params string[] arguments) => new("runc", ["--root", Path.Combine(_folder, "runc"), .. arguments])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    // The programs are those of this machine, seen through mounts that cannot be written.
    private async Task WriteBundleAsync(string state)
    {
        var root = Path.Combine(_folder, "root");
        Directory.CreateDirectory(root);
        foreach (var link in (string[])["bin", "lib", "lib64"])
            File.CreateSymbolicLink(Path.Combine(root, link), $"usr/{link}");
        var dotnet = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        var mounts = new JsonArray(
        [
            Mount("/proc", "proc", "proc"), Mount("/dev", "tmpfs", "tmpfs", "mode=755"), Mount("/tmp", "tmpfs", "tmpfs", "mode=1777"),
            Mount("/usr", "bind", "/usr", "rbind", "ro"), Mount("/etc", "bind", "/etc", "rbind", "ro"),
            Mount("/opt/dotnet", "bind", dotnet, "rbind", "ro"), Mount("/opt/nacre", "bind", AppContext.BaseDirectory, "rbind", "ro"),
            Mount("/var/lib/nacre", "bind", state, "rbind", "rw"),
        ]);
        var none = new JsonArray();
        var bundle = new JsonObject
        {
            ["ociVersion"] = "1.0.2",
            ["root"] = new JsonObject { ["path"] = root, ["readonly"] = true },
            ["mounts"] = mounts,
            ["process"] = new JsonObject
            {
                ["user"] = new JsonObject { ["uid"] = 10001, ["gid"] = 10001 },
                ["args"] = new JsonArray(
                    "/opt/dotnet/dotnet", "/opt/nacre/nacre.dll", "serve", "--data", "/var/lib/nacre", "--url", "https://127.0.0.1:0"),
                ["env"] = new JsonArray("PATH=/usr/bin", "DOTNET_EnableDiagnostics=0"),
                ["cwd"] = "/",
                ["capabilities"] = new JsonObject { ["bounding"] = none },
                ["noNewPrivileges"] = true,
            },
            ["linux"] = new JsonObject
            {
                ["namespaces"] = new JsonArray([.. ((string[])["pid", "ipc", "uts", "mount"]).Select(type => new JsonObject { ["type"] = type })]),
                ["seccomp"] = new JsonObject
                {
                    ["defaultAction"] = "SCMP_ACT_ERRNO",
                    ["syscalls"] = new JsonArray(new JsonObject
                    {
                        ["action"] = "SCMP_ACT_ALLOW",
                        ["names"] = new JsonArray([.. (await AllowedAsync()).Select(name => (JsonNode)name)]),
                    }),
                },
            },
        };
        await File.WriteAllTextAsync(Path.Combine(_folder, "config.json"), bundle.ToJsonString(), TestContext.Current.CancellationToken);
    }

    private static JsonObject Mount(string to, string type, string source, params string[] options) => new JsonObject
    {
        ["destination"] = to,
        ["type"] = type,
        ["source"] = source,
        ["options"] = new JsonArray([.. options.Select(option => (JsonNode)option)]),
    };

    /// <summary>systemd.exec(5): the first line says what is allowed, those after it add, and take away with a tilde.</summary>
    private static async Task<IEnumerable<string>> AllowedAsync([CallerFilePath] string here = "")
    {
        const string Key = "SystemCallFilter=";
        var unit = Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "deploy", "systemd", "nacre.service");
        var allowed = new HashSet<string>();
        foreach (var value in File.ReadLines(unit).Where(line => line.StartsWith(Key, StringComparison.Ordinal)).Select(line => line[Key.Length..]))
        {
            foreach (var name in value.TrimStart('~').Split(' '))
            {
                if (value[0] == '~')
                    allowed.ExceptWith(await ExpandAsync(name));
                else
                    allowed.UnionWith(await ExpandAsync(name));
            }
        }

        Assert.InRange(allowed.Count, 100, 400);
        return allowed;
    }

    private static async Task<IReadOnlyList<string>> ExpandAsync(string name)
    {
        if (name[0] != '@')
            return [name];

        var text = await ToolRun.RunAsync("systemd-analyze", ["syscall-filter", "--no-pager", name]);
        var names = new List<string>();
        foreach (var member in text.Split('\n').Skip(1).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
            names.AddRange(await ExpandAsync(member));
        return names;
    }
}
