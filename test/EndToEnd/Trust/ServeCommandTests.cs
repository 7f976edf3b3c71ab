using System.Net;
using System.Net.Sockets;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Starting and stopping: one line when it listens, one line and exit code 1 when it cannot, exit code 0 when it is told to stop.</summary>
[Trait("Group", "Trust")]
public sealed class ServeCommandTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-serve-");

    private string Data => Path.Combine(_directory.FullName, "data");

    [Fact]
    public async Task Says_where_it_listens_and_stops_when_told()
    {
        await using var server = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0");

        Assert.Matches(@"^listening on https://127\.0\.0\.1:[1-9][0-9]*, CA .*/data/ca\.pem$", server.FirstLine);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Data, "admin-token")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Data, "master.key")));
        Assert.Equal(0, await server.TerminateAsync());
    }

    [Fact]
    public async Task Keeps_its_authority_and_token_over_a_restart()
    {
        await using (var first = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0"))
            await first.TerminateAsync();
        var (authority, token) = (File.ReadAllText(Path.Combine(Data, "ca.pem")), File.ReadAllText(Path.Combine(Data, "admin-token")));

        await using var second = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0");

        Assert.Equal((authority, token), (File.ReadAllText(Path.Combine(Data, "ca.pem")), File.ReadAllText(Path.Combine(Data, "admin-token"))));
    }

    [Fact]
    public async Task A_port_in_use_is_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await RefusesAsync($"127.0.0.1:{port} is in use", "--data", Data, "--url", $"https://127.0.0.1:{port}");
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_written_is_one_line()
    {
        var file = Path.Combine(_directory.FullName, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        await RefusesAsync("--data", "--data", Path.Combine(file, "data"), "--url", "https://127.0.0.1:0");
        await RefusesAsync("/proc/nacre", "--data", "/proc/nacre", "--url", "https://127.0.0.1:0");
    }

    [Fact]
    public async Task Tpm_roots_that_are_no_certificates_are_one_line()
    {
        var file = Path.Combine(_directory.FullName, "root.pem");
        await RefusesAsync("root.pem' cannot be read", "--data", Data, "--url", "https://127.0.0.1:0", "--tpm-root", file);
        await File.WriteAllTextAsync(file, "nothing", TestContext.Current.CancellationToken);
        await RefusesAsync("root.pem' holds no", "--data", Data, "--url", "https://127.0.0.1:0", "--tpm-root", file);
        await File.WriteAllTextAsync(file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", TestContext.Current.CancellationToken);
        await RefusesAsync("root.pem' holds a certificate that cannot be read", "--data", Data, "--url", "https://127.0.0.1:0", "--tpm-root", file);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", "has no TLS")]
    [InlineData("ftp://127.0.0.1:0", "is no address")]
    [InlineData("nonsense", "is no address")]
    public async Task An_address_that_must_not_be_served_is_one_line(string url, string problem) =>
        await RefusesAsync(problem, "--data", Data, "--url", url);

    [Fact]
    public async Task A_wrong_master_key_is_one_line()
    {
        await using (var first = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0"))
            await first.TerminateAsync();
        await File.WriteAllBytesAsync(Path.Combine(Data, "master.key"), new byte[32], TestContext.Current.CancellationToken);

        await RefusesAsync("does not open this store", "--data", Data, "--url", "https://127.0.0.1:0");
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static async Task RefusesAsync(string problem, params string[] arguments)
    {
        await using var server = await ServeProcess.StartAsync(arguments);
        var (exitCode, error) = await server.EndAsync();

        Assert.Null(server.FirstLine);
        Assert.Equal(1, exitCode);
        Assert.Contains(problem, error, StringComparison.Ordinal);
        Assert.InRange(error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 1, 2);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }
}
