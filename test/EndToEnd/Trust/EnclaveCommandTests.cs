using Nacre.EndToEndTests.Cli;

namespace Nacre.EndToEndTests.Trust;

/// <summary><c>nacre enclave</c> against a server that serves the plugin.</summary>
[Trait("Group", "TrustEnclave")]
public sealed class EnclaveCommandTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-enclave-");

    [Fact]
    public async Task A_secret_is_made_shown_rotated_fetched_and_deleted()
    {
        var plugins = Path.Combine(_directory.FullName, "plugins.toml");
        await File.WriteAllTextAsync(plugins, "[[plugins]]\nname = \"enclave\"\n", TestContext.Current.CancellationToken);
        var data = Path.Combine(_directory.FullName, "data");
        await using var server = await ServeProcess.StartAsync("--data", data, "--url", "https://127.0.0.1:0", "--development", "--plugins", plugins);
        var policy = Path.Combine(_directory.FullName, "all.rego");
        await File.WriteAllTextAsync(policy, "package policy\nimport rego.v1\ndefault allow := true\n", TestContext.Current.CancellationToken);
        (await RunAsync("policy", "set", "resource", policy)).AssertDone();

        (await RunAsync("enclave", "create", "payments/tls", "--kind", "x509", "--subject", "payments", "--host", "db.example", "--identity", "sample:measurement=abcde,min_svn=1")).AssertDone();
        Assert.Contains("payments/tls   x509   1", (await RunAsync("enclave", "list")).Output, StringComparison.Ordinal);
        Assert.Contains("BEGIN CERTIFICATE", (await RunAsync("enclave", "show", "payments/tls", "--public")).Output, StringComparison.Ordinal);
        Assert.Contains("version 2", (await RunAsync("enclave", "rotate", "payments/tls")).Output, StringComparison.Ordinal);
        var fetched = await RunAsync("enclave", "get", "payments/tls", "--tee", "sample", "--secret-version", "1");
        fetched.AssertDone();
        Assert.Contains("PRIVATE KEY", fetched.Output, StringComparison.Ordinal);
        (await RunAsync("enclave", "identities", "payments/tls", "--identity", "sample:/sample/svn=2")).AssertDone();
        (await RunAsync("enclave", "get", "payments/tls", "--tee", "sample")).AssertFailed(3, "denied by policy");
        (await RunAsync("enclave", "create", "payments/key", "--kind", "aes")).AssertFailed(1, "identities");
        (await RunAsync("enclave", "create", "payments", "--kind", "aes", "--identity", "sample:measurement=a")).AssertFailed(1, "is no enclave secret");
        (await RunAsync("enclave", "create", "payments/key", "--kind", "aes", "--identity", "sample")).AssertFailed(1, "is no identity");
        (await RunAsync("enclave", "delete", "payments/tls")).AssertDone();
        (await RunAsync("enclave", "show", "payments/tls")).AssertFailed(1, "there is no enclave secret");

        Task<ProgramResult> RunAsync(params string[] arguments) => NacreProgram.RunAsync(arguments, new Dictionary<string, string?>
        {
            ["NACRE_URL"] = server.Url.ToString(),
            ["NACRE_CACERT"] = Path.Combine(data, "ca.pem"),
            ["NACRE_TOKEN"] = "@" + Path.Combine(data, "admin-token"),
        });
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
