using System.Diagnostics;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust.Plugins;

/// <summary>Credentials of Debian's nebula-cert, looked at with the same program.</summary>
[Trait("Group", "TrustPlugins")]
public sealed class NebulaTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-nebula-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Settings => $"name = \"nebula-ca\"\nwork_dir = \"{_folder}/work\"";

    [Fact]
    public async Task A_guest_gets_a_credential_for_the_name_and_address_it_asks_for()
    {
        await using (var stage = await PluginStage.StartAsync(Settings))
        {
            using var guest = stage.Guest();
            var answer = JsonNode.Parse(await stage.GuestAsync(
                guest, HttpMethod.Get, "nebula-ca/credential?name=-pod1&ip=10.11.12.13/21&duration=1h&groups=a,b"))!;
            Assert.Equal(["node_crt", "node_key", "ca_crt"], answer.AsObject().Select(member => member.Key));
            var (certificate, ca) = (await WriteAsync("node.crt", answer["node_crt"]!), await WriteAsync("ca.crt", answer["ca_crt"]!));
            var key = await File.ReadAllTextAsync(await WriteAsync("node.key", answer["node_key"]!), Cancel);
            Assert.StartsWith("-----BEGIN NEBULA", key, StringComparison.Ordinal);

            Assert.Equal(0, (await RunAsync("verify", "-ca", ca, "-crt", certificate)).ExitCode);
            var details = JsonNode.Parse((await RunAsync("print", "-json", "-path", certificate)).Output)!["details"]!;
            Assert.Equal(("-pod1", "10.11.12.13/21", "b"), ((string)details["name"]!, (string)details["ips"]![0]!, (string)details["groups"]![1]!));
            Assert.Equal(["ca"], Directory.GetFileSystemEntries(Path.Combine(_folder, "work")).Select(Path.GetFileName));
        }

        var authority = await File.ReadAllTextAsync(Path.Combine(_folder, "work/ca/ca.crt"), Cancel);
        await using (await PluginStage.StartAsync(Settings))
            Assert.Equal(authority, await File.ReadAllTextAsync(Path.Combine(_folder, "work/ca/ca.crt"), Cancel));
    }

    [Theory]
    [InlineData("ip=10.0.0.1/24")]
    [InlineData("name=a")]
    [InlineData("name=a&ip=nonsense")]
    [InlineData("name=a&ip=10.0.0.1/24&out-key=/etc/x")]
    [InlineData("name=a&ip=10.0.0.1/24&groups=")]
    [InlineData("name=a%0Ab&ip=10.0.0.1/24")]
    public async Task What_is_no_node_is_400(string query)
    {
        await using var stage = await PluginStage.StartAsync(Settings);
        using var guest = stage.Guest();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => stage.GuestAsync(guest, HttpMethod.Get, $"nebula-ca/credential?{query}"));
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, refusal.Status);
    }

    [Fact]
    public async Task Policy_decides_about_name_and_address()
    {
        await using var stage = await PluginStage.StartAsync(Settings);
        await stage.Trust.Admin.SetPolicyAsync(
            PolicyKind.Resource, "nebula-ca/credential", "package policy\n\ndefault allow := false\n\nallow if data.query.name == \"mine\"\n", Cancel);
        using var guest = stage.Guest();

        Assert.NotEmpty(await stage.GuestAsync(guest, HttpMethod.Get, "nebula-ca/credential?name=mine&ip=10.0.0.1/24"));
        var refusal = await Assert.ThrowsAsync<KbsException>(
            () => stage.GuestAsync(guest, HttpMethod.Get, "nebula-ca/credential?name=other&ip=10.0.0.1/24"));
        Assert.Equal(KbsFailure.Denied, refusal.Failure);
    }

    [Theory]
    [InlineData("nebula_cert_bin_path = \"/nowhere/nebula-cert\"", "install the package nebula")]
    [InlineData("nebula_cert_bin_path = \"/bin/true\"", "the oldest that is known to work")]
    [InlineData("ca_config = { ips = \"nonsense\" }", "nonsense")]
    [InlineData("self_signed_ca = { name = \"x\" }", "self_signed_ca")]
    [InlineData("ca_config = { argon_memory = \"x\" }", "argon_memory")]
    public async Task An_authority_that_cannot_be_had_stops_the_start(string line, string problem)
    {
        var refusal = await Assert.ThrowsAsync<TrustServerException>(() => PluginStage.StartAsync($"{Settings}\n{line}"));

        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> WriteAsync(string name, JsonNode numbers)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllBytesAsync(path, [.. numbers.AsArray().Select(number => (byte)number!)], Cancel);
        return path;
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("nebula-cert", arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, output);
    }
}
