using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.Client;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust.Plugins;

/// <summary><c>nacre serve --plugins FILE</c>.</summary>
[Trait("Group", "TrustPlugins")]
public sealed class PluginCommandTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plugin_in_the_file_is_served_to_administrators()
    {
        using var file = new PluginFile("name = \"sample\"\nitem = \"x\"");
        await using var server = await ServeProcess.StartAsync(file.Arguments);
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(TrustServer.CaPath(file.Data));
        using var transport = KbsTransport.Create(server.Url, roots);
        var token = KbsCredential.Bearer((await File.ReadAllTextAsync(TrustServer.AdminTokenPath(file.Data), Cancel)).Trim());

        var reply = await transport.SendAsync(HttpMethod.Get, "sample/any/path", null, null, token, Cancel);

        Assert.Equal("sample plugin response", Encoding.UTF8.GetString(reply.Body));
        Assert.Equal(KbsFailure.Unauthenticated, await FailureAsync("sample/any/path", null));
        Assert.Equal(KbsFailure.NotFound, await FailureAsync("provisioner/default/x/root", token));

        async Task<KbsFailure> FailureAsync(string path, KbsCredential? credential) => (await Assert.ThrowsAsync<KbsException>(
            () => transport.SendAsync(HttpMethod.Get, path, null, null, credential, Cancel))).Failure;
    }

    [Theory]
    [InlineData("name = \"samples\"", "'samples' is no plugin; there are")]
    [InlineData("name = \"sample\"\nunheard = 1", "unheard")]
    [InlineData("name = \"sample", "has no end on this line")]
    public async Task Settings_that_are_not_understood_stop_the_start_with_a_line(string toml, string problem)
    {
        using var file = new PluginFile(toml);
        await using var server = await ServeProcess.StartAsync(file.Arguments);
        var (exitCode, error) = await server.EndAsync();

        Assert.Equal((1, null), (exitCode, server.FirstLine));
        Assert.Contains(problem, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }
}
