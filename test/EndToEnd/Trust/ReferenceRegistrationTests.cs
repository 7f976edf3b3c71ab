using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Signed documents through every door: the key broker's route, gRPC, and the commands; and what becomes of their values.</summary>
[Trait("Group", "TrustReferences")]
public sealed class ReferenceRegistrationTests : IDisposable
{
    private const string Statement = """
        {"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1",
        "predicate":{"buildDefinition":{},"runDetails":{"builder":{"id":"https://builder.example"}}},
        "subject":[{"name":"kernel","digest":{"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}]}
        """;

    private const int ExitLocal = 1;

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-references-").FullName;
    private readonly ECDsa _builder = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _builder.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_signed_document_is_registered_staged_activated_and_revoked()
    {
        await using var stage = await TrustStage.StartAsync(trust: Trust(), metrics: true, tls: false);
        var document = Sign(_builder);
        await stage.Admin.RegisterReferenceValuesAsync("slsa", document, true, null, Cancel);
        Assert.Equal(("staged", "slsa"), await StateAsync(stage));

        await stage.Admin.ActivateReferenceValuesAsync(["slsa/kernel"], null, Cancel);
        Assert.Equal(("active", "slsa"), await StateAsync(stage));
        using (var http = new HttpClient())
        {
            var metrics = new Uri(stage.Server.MetricsUrl!, "/metrics");
            Assert.Contains("nacre_reference_values{state=\"active\"} 1\n", await http.GetStringAsync(metrics, Cancel), StringComparison.Ordinal);
            stage.Clock.Skip(TimeSpan.FromDays(340));
            Assert.Contains("nacre_reference_values{state=\"expiring\"} 1\n", await http.GetStringAsync(metrics, Cancel), StringComparison.Ordinal);
        }

        await stage.Admin.RevokeReferenceValuesAsync(["slsa/kernel"], null, "CVE-2026-1", Cancel);
        var again = await Assert.ThrowsAsync<KbsException>(() => stage.Admin.RegisterReferenceValuesAsync("slsa", document, false, null, Cancel));
        Assert.Equal(HttpStatusCode.Conflict, again.Status);

        var events = (await stage.Admin.GetReferenceHistoryAsync("slsa/kernel", Cancel))["events"]!.AsArray();
        Assert.Equal(["staged", "activated", "revoked"], events.Select(one => (string?)one!["event"]));
        Assert.Equal("CVE-2026-1", (string?)events[2]!["note"]);
        Assert.Equal("https://builder.example", (string?)events[0]!["value"]!["provenance"]!["origin"]);

        await stage.Admin.DeleteReferenceValueAsync("slsa/kernel", Cancel);
        await stage.Admin.RegisterReferenceValuesAsync("slsa", document, false, null, Cancel);
    }

    [Fact]
    public async Task A_document_of_somebody_else_changes_nothing()
    {
        await using var stage = await TrustStage.StartAsync(trust: Trust());
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var refusal = await Assert.ThrowsAsync<KbsException>(
            () => stage.Admin.RegisterReferenceValuesAsync("slsa", Sign(other), false, null, Cancel));

        Assert.Equal(HttpStatusCode.BadRequest, refusal.Status);
        Assert.Empty((await stage.Admin.ListReferenceValuesAsync(Cancel))["reference-values"]!.AsArray());
    }

    [Fact]
    public async Task The_command_and_gRPC_register_what_the_started_server_believes()
    {
        var (data, document) = (Path.Combine(_folder, "data"), Path.Combine(_folder, "provenance.json"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "builder.pem"), _builder.ExportSubjectPublicKeyInfoPem(), Cancel);
        await File.WriteAllBytesAsync(document, Sign(_builder), Cancel);
        await using var server = await ServeProcess.StartAsync("--data", data, "--url", "https://127.0.0.1:0", "--reference-trust", $"slsa={_folder}");
        var environment = new Dictionary<string, string?>
        {
            ["NACRE_URL"] = server.Url.ToString(),
            ["NACRE_CACERT"] = TrustServer.CaPath(data),
            ["NACRE_TOKEN"] = $"@{TrustServer.AdminTokenPath(data)}",
        };

        (await RunAsync("register", document, "--type", "slsa", "--days", "10")).AssertDone();
        Assert.Contains("slsa/kernel", (await RunAsync("expiring")).Output, StringComparison.Ordinal);
        Assert.Contains("1 of them end", (await RunAsync("list")).Error, StringComparison.Ordinal);
        Assert.Contains("registered", (await RunAsync("history", "slsa/kernel")).Output, StringComparison.Ordinal);
        (await RunAsync("revoke", "slsa/kernel", "--note", "test")).AssertDone();
        (await RunAsync("register", document, "--type", "slsa")).AssertFailed(ExitLocal, "was revoked at");

        Task<ProgramResult> RunAsync(params string[] arguments) => NacreProgram.RunAsync(["reference", .. arguments], environment);
    }

    [Fact]
    public async Task Other_programs_register_over_gRPC()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "builder.pem"), _builder.ExportSubjectPublicKeyInfoPem(), Cancel);
        await using var server = await ServeProcess.StartAsync(
            "rvps", "--data", Path.Combine(_folder, "data"), "--grpc", "127.0.0.1:0", "--reference-trust", $"slsa={_folder}");
        var address = server.FirstLine!["reference-values on ".Length..];
        using var python = new PythonGrpc();

        Assert.NotNull((await python.RegisterAsync(address, Message(Sign(_builder))))["ok"]);
        Assert.Equal(
            """["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]""",
            (string?)(await python.QueryAsync(address, "slsa/kernel"))["ok"]!["reference_value_results"]);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal("ABORTED", (string?)(await python.RegisterAsync(address, Message(Sign(other))))["code"]);

        static string Message(byte[] document) => new JsonObject { ["type"] = "slsa", ["payload"] = Convert.ToBase64String(document) }.ToJsonString();
    }

    private ReferenceValueTrust Trust() => new() { Signers = ReferenceSigner.FromPem("slsa", _builder.ExportSubjectPublicKeyInfoPem()) };

    private static async Task<(string? State, string? Type)> StateAsync(TrustStage stage)
    {
        var row = Assert.Single((await stage.Admin.ListReferenceValuesAsync(Cancel))["reference-values"]!.AsArray())!;
        return ((string?)row["state"], (string?)row["provenance"]!["type"]);
    }

    private static byte[] Sign(ECDsa key)
    {
        const string Type = "application/vnd.in-toto+json";
        var payload = Encoding.UTF8.GetBytes(Statement);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"DSSEv1 {Type.Length} {Type} {payload.Length} "), .. payload];
        var signature = key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["payloadType"] = Type,
            ["payload"] = Convert.ToBase64String(payload),
            ["signatures"] = new JsonArray(new JsonObject { ["keyid"] = "", ["sig"] = Convert.ToBase64String(signature) }),
        }.ToJsonString());
    }
}
