using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Faults;
using Nacre.EndToEndTests.Peers;
using Nacre.EndToEndTests.Trust;

namespace Nacre.EndToEndTests.Keys;

/// <summary>A server whose store is opened by a key that is not a file: in a TPM, and in a token.</summary>
[Trait("Group", "TrustKeys")]
public sealed class MasterKeyTests(SwtpmFixture tpms) : IClassFixture<SwtpmFixture>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-keys-");

    private string Data => Path.Combine(_directory.FullName, "data");

    [Fact]
    public async Task A_store_sealed_to_a_tpm_opens_on_that_machine_in_that_state_only()
    {
        var address = $"tpm:{tpms.First.Endpoint}?pcrs=16,23";
        var load = new WriteLoad(Data);
        for (var start = 0; start < 2; start++)
        {
            await using var server = await ServeAsync(null, address);
            Assert.True(await load.TryWriteAsync(server.Url, 1000));
        }

        Assert.False(File.Exists(Path.Combine(Data, "master.key")));
        await FailsAsync($"tpm:{tpms.Second.Endpoint}", "another TPM");
        await FailsAsync(null, "is wrapped by tpm:");
        await using (var device = SwtpmFixture.Device(tpms.First))
            await device.PcrExtendAsync(23, new byte[32], CancellationToken.None);
        await FailsAsync(address, "a register (PCR) has another value");
    }

    [Fact]
    public async Task A_master_key_moves_from_the_file_into_a_token_under_a_running_server()
    {
        var token = await SoftHsm.CreateAsync(_directory.CreateSubdirectory("token").FullName);
        var load = new WriteLoad(Data);
        await using (var server = await ServeAsync(null, null))
        {
            Assert.True(await load.TryWriteAsync(server.Url, 1000));
            (await NacreProgram.RunAsync(["key", "rotate-master", "--data", Data, "--to", token.Address], token.Environment)).AssertDone();
            Assert.True(await load.TryWriteAsync(server.Url, 1000));
        }

        var listed = await NacreProgram.RunAsync(["key", "list", "--data", Data, "-o", "json"]);
        Assert.Equal("pkcs11:token=nacre;object=master", (string?)JsonNode.Parse(listed.Output)![0]!["master"]);
        await FailsAsync(null, "is wrapped by pkcs11:token=nacre;object=master");
        await using (var server = await ServeAsync(token.Environment, token.Address))
            Assert.True(await load.TryWriteAsync(server.Url, 1000));

        // Another key of the same token is not the key.
        await token.MakeKeyAsync("other");
        await FailsAsync(token.Address.Replace("=master", "=other", StringComparison.Ordinal), "does not open this store", token.Environment);
        await FailsAsync(token.Address.Replace("=master", "=absent", StringComparison.Ordinal), "no secret key", token.Environment);
        await FailsAsync(token.Address.Replace("token=nacre", "token=absent", StringComparison.Ordinal), "0 PKCS#11 tokens", token.Environment);

        // Back again, which shows what was written under either.
        var file = Path.Combine(Data, "master.key");
        string[] back = ["key", "rotate-master", "--data", Data, "--master-key", token.Address, "--to", $"file:{file}"];
        (await NacreProgram.RunAsync(back, token.Environment)).AssertDone();
        await load.VerifyAsync("sqlite");
    }

    [Fact]
    public async Task A_wrong_pin_is_told()
    {
        var token = await SoftHsm.CreateAsync(_directory.CreateSubdirectory("token").FullName);
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "token", "pin"), "0000-wrong", TestContext.Current.CancellationToken);

        await FailsAsync(token.Address, "the PIN is wrong", token.Environment);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private Task<ServeProcess> ServeAsync(IReadOnlyDictionary<string, string?>? environment, string? master) => ServeProcess.StartAsync(
        environment, ["--data", Data, "--url", "https://127.0.0.1:0", .. master is null ? (string[])[] : ["--master-key", master]]);

    private async Task FailsAsync(string? master, string why, IReadOnlyDictionary<string, string?>? environment = null)
    {
        await using var server = await ServeAsync(environment, master);
        var (code, error) = await server.EndAsync();
        Assert.Equal(1, code);
        Assert.Contains("nacre: error: ", error, StringComparison.Ordinal);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }
}
