using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Sample;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust;

/// <summary>An Attestation Service whose reference values are kept elsewhere (trust.md 3.3, 4.1): by ours, and by one of the contract alone.</summary>
[Trait("Group", "TrustRemote")]
public sealed class RemoteReferenceTests : IDisposable
{
    private const string Values = """{"launch_digest":["abcde"],"svn":["1"],"major_version":1,"minimum_minor_version":0}""";
    private readonly PythonGrpc _python = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-rvps-").FullName;

    private static string Message => new JsonObject
    {
        ["version"] = "0.1.0",
        ["type"] = "sample",
        ["payload"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Values)),
    }.ToJsonString();

    public void Dispose()
    {
        _python.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Values_are_asked_of_our_service_in_another_process_at_each_appraisal()
    {
        await using var references = await ServeProcess.StartAsync("rvps", "--data", Path.Combine(_folder, "rvps"), "--grpc", "127.0.0.1:0");
        var there = references.FirstLine!["reference-values on ".Length..];
        await using var service = await StartAsync(there);
        var here = service.Services[0].Address;

        Assert.NotEqual("affirming", StatusOf(await EvaluateAsync(here)));
        Assert.Empty((await _python.RegisterAsync(here, Message))["ok"]!.AsObject());
        Assert.Equal("""["1"]""", (string?)(await _python.QueryAsync(there, "svn"))["ok"]!["reference_value_results"]);
        Assert.Equal("""["1"]""", (string?)(await _python.QueryAsync(here, "svn"))["ok"]!["reference_value_results"]);
        Assert.Equal("affirming", StatusOf(await EvaluateAsync(here)));

        await references.KillAsync();
        Assert.Equal("UNAVAILABLE", (string?)(await EvaluateAsync(here))["code"]);
        Assert.Equal("UNAVAILABLE", (string?)(await _python.QueryAsync(here, "svn"))["code"]);
    }

    [Fact]
    public async Task Values_are_asked_of_a_service_of_the_contract_alone()
    {
        await using var peer = await PythonAttestation.StartAsync(await TokenFiles.CreateAsync(Path.Combine(_folder, "keys")));
        await using var service = await StartAsync(peer.Address);
        var here = service.Services[0].Address;

        Assert.NotEqual("affirming", StatusOf(await EvaluateAsync(here)));
        Assert.Empty((await _python.RegisterAsync(here, Message))["ok"]!.AsObject());
        Assert.Equal("affirming", StatusOf(await EvaluateAsync(here)));
        Assert.Empty((await _python.QueryAsync(here, "none"))["ok"]!.AsObject());
    }

    private Task<AttestationServer> StartAsync(string references) => AttestationServer.StartAsync(
        new TrustServerOptions
        {
            DataDirectory = Path.Combine(_folder, "as"),
            Url = new Uri("https://localhost"),
            Development = true,
            Services = new() { Grpc = "127.0.0.1:0" },
            ReferencesAddress = references,
        },
        TestContext.Current.CancellationToken);

    private async Task<JsonObject> EvaluateAsync(string address)
    {
        const string runtime = """{"nonce":"n"}""";
        using var document = JsonDocument.Parse(runtime);
        var reportData = SHA384.HashData(CanonicalJson.Write(document.RootElement));
        return await _python.EvaluateAsync(address, new()
        {
            ["verification_requests"] = new JsonArray(new JsonObject
            {
                ["tee"] = "sample",
                ["evidence"] = Base64UrlText.Encode(new SampleEvidence { Svn = "1", ReportData = Convert.ToBase64String(reportData) }.ToJson()),
                ["structured_runtime_data"] = runtime,
            }),
        });
    }

    private static string? StatusOf(JsonObject answer) =>
        (string?)JsonNode.Parse(JsonWebToken.Parse((string)answer["ok"]!["attestation_token"]!).Payload)!["submods"]!["cpu0"]!["ear.status"];
}
