using System.Net;
using System.Net.Sockets;

namespace Nacre.EndToEndTests.Cli;

/// <summary>What goes wrong on somebody's first day: one line that says what, one that says what to do, and the right exit code.</summary>
[Trait("Group", "Cli")]
public sealed class BadUseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Without_arguments_lists_the_commands()
    {
        var result = await NacreProgram.RunAsync([]);

        Assert.Equal(0, result.ExitCode);
        foreach (var command in (string[])["demo", "test", "bench", "serve", "attest", "secret", "policy", "reference", "image", "keyprovider", "attempts"])
            Assert.Contains($"  {command} ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_port_says_that_nobody_answers() =>
        (await NacreProgram.RunAsync(["secret", "list", "--url", $"https://127.0.0.1:{ClosedPort()}", "--token", "x"]))
            .AssertFailed(2, "cannot be reached");

    [Fact]
    public async Task A_registry_that_is_down_is_named()
    {
        var port = ClosedPort();
        var result = await NacreProgram.RunAsync(
            ["image", "pull", $"docker://127.0.0.1:{port}/a/b:1", Path.Combine(_folder, "bundle"), "--insecure-accept-anything", "--plain-http", "loopback"]);

        result.AssertFailed(2, "");
        Assert.Contains($"127.0.0.1:{port}", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "bundle")));
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_made_is_named()
    {
        var file = Path.Combine(_folder, "a-file");
        await File.WriteAllTextAsync(file, "");

        (await NacreProgram.RunAsync(["serve", "--data", Path.Combine(file, "data"), "--url", "https://127.0.0.1:0"])).AssertFailed(1, file);
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        (await NacreProgram.RunAsync(["serve", "--data", Path.Combine(_folder, "data"), "--url", $"https://127.0.0.1:{port}"])).AssertFailed(1, $"{port}");
    }

    [Fact]
    public async Task A_machine_without_a_TPM_is_told_so() =>
        (await NacreProgram.RunAsync(["secret", "get", "kbs:///a/b/c", "--tpm", "/dev/tpm-that-is-not-there"])).AssertFailed(1, "no TPM");

    [Fact]
    public async Task A_missing_admin_token_is_asked_for() =>
        (await NacreProgram.RunAsync(["secret", "list"])).AssertFailed(1, "admin token");

    [Fact]
    public async Task A_name_that_is_no_resource_is_explained() =>
        (await NacreProgram.RunAsync(["secret", "get", "kbs:///only/two", "--tpm", "swtpm:127.0.0.1:1"])).AssertFailed(1, "repository/type/tag");

    private static int ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
