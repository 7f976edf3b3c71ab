using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Attestation.Services;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Sample;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;
using Nacre.Formats.X509;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Tls;

namespace Nacre.EndToEndTests.Trust;

/// <summary>
/// The Attestation Service and RVPS by themselves, called as upstream's key broker calls them: over real sockets, by Python's gRPC and plain
/// HTTP (trust.md 3.1, 3.2, 4.1).
/// </summary>
[Trait("Group", "TrustServices")]
public sealed class AttestationServerTests : IDisposable
{
    private const string Policy = "package policy\ntrust_claims := {\"executables\": 3, \"hardware\": 2, \"configuration\": 2}\n";
    private readonly PythonGrpc _python = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-as-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _python.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Evidence_goes_in_over_grpc_and_a_token_comes_out_that_the_keys_on_the_same_port_check()
    {
        await using var server = await StartAsync(new() { Grpc = "127.0.0.1:0" });
        var address = server.Services[0].Address;
        var references = """{"version":"0.1.0","type":"sample","payload":"PAYLOAD"}""".Replace(
            "PAYLOAD", Convert.ToBase64String("""{"launch_digest":["abcde"],"svn":["1"],"major_version":1,"minimum_minor_version":0}"""u8), StringComparison.Ordinal);

        Assert.Empty((await _python.RegisterAsync(address, references))["ok"]!.AsObject());
        Assert.Equal("""["abcde"]""", (string?)(await _python.QueryAsync(address, "launch_digest"))["ok"]!["reference_value_results"]);
        Assert.Empty((await _python.QueryAsync(address, "__healthcheck__"))["ok"]!.AsObject());
        Assert.Equal("SERVING", (string?)(await _python.CheckAsync(address, "attestation.AttestationService"))["ok"]!["status"]);
        Assert.Equal("NOT_FOUND", (string?)(await _python.CheckAsync(address, "no.Service"))["code"]);

        var answer = await _python.EvaluateAsync(address, Request("sample", Runtime("""{"nonce":"n","b":1,"additional-evidence":"{}"}"""), "default"));
        var token = JsonWebToken.Parse((string)answer["ok"]!["attestation_token"]!);
        var cpu0 = JsonNode.Parse(token.Payload)!["submods"]!["cpu0"]!;
        Assert.Equal(("affirming", "default"), ((string?)cpu0["ear.status"], (string?)cpu0["ear.appraisal-policy-id"]));
        Assert.Equal("""{"nonce":"n","b":1}""", cpu0["ear.veraison.annotated-evidence"]!["runtime_data_claims"]!.ToJsonString());

        using var http = new HttpClient();
        using var keys = await http.GetAsync($"{address}/.well-known/jwks.json", Cancel);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), (keys.StatusCode, keys.Version));
        Assert.Contains(JwtVerificationKey.ParseSet(await keys.Content.ReadAsByteArrayAsync(Cancel)), key => token.Verify(key));
        using var other = await http.GetAsync($"{address}/other", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task A_policy_that_is_set_over_grpc_decides_under_its_own_name()
    {
        await using var server = await StartAsync(new() { Grpc = "127.0.0.1:0" });
        var address = server.Services[0].Address;
        var text = Base64UrlText.Encode(Encoding.UTF8.GetBytes(Policy));

        Assert.Contains("no attestation policy 'mine_cpu'", await DetailsAsync(Request("sample", Runtime("{}"), "mine")), StringComparison.Ordinal);
        Assert.Empty((await _python.SetPolicyAsync(address, new() { ["policy_id"] = "mine_cpu", ["policy"] = text }))["ok"]!.AsObject());
        Assert.Equal("affirming", StatusOf(await _python.EvaluateAsync(address, Request("sample", Runtime("{}"), "mine"))));
        Assert.Equal("contraindicated", StatusOf(await _python.EvaluateAsync(address, Request("sample", Runtime("{}"), "mine", "default"))));
        Assert.Contains("each once", await DetailsAsync(Request("sample", Runtime("{}"), "mine", "mine")), StringComparison.Ordinal);
        Assert.Contains("mine_cpu.rego", await DetailsAsync(null), StringComparison.Ordinal);
        Assert.Equal(["begun", "done", "begun", "failed"], Recorded("SetAttestationPolicy", "mine_cpu"));

        async Task<string> DetailsAsync(JsonObject? request)
        {
            var answer = request is not null
                ? await _python.EvaluateAsync(address, request)
                : await _python.SetPolicyAsync(address, new() { ["policy_id"] = "mine_cpu", ["policy"] = Base64UrlText.Encode("package policy\nx := "u8) });
            Assert.Equal("ABORTED", (string?)answer["code"]);
            return (string)answer["details"]!;
        }
    }

    [Theory]
    [InlineData("sample", """{"raw_runtime_data":"AAAA"}""", "report_data")]
    [InlineData("sample", """{"structured_runtime_data":"{\"a\":1}","runtime_data_hash_algorithm":"md5"}""", "md5")]
    [InlineData("sample", """{"structured_runtime_data":"{\"a\":"}""", "JSON")]
    [InlineData("sample", """{"raw_runtime_data":"AAA="}""", "base64url")]
    [InlineData("nothing", "{}", "'nothing' is not taken here")]
    [InlineData("sample", """{"init_data_toml":"version = \"9\""}""", "init-data")]
    public async Task What_is_not_to_be_believed_is_aborted_with_the_cause(string tee, string members, string cause)
    {
        await using var server = await StartAsync(new() { Grpc = "127.0.0.1:0" });
        var request = Request(tee, JsonNode.Parse(members)!.AsObject(), []);

        var answer = await _python.EvaluateAsync(server.Services[0].Address, request);

        Assert.Equal("ABORTED", (string?)answer["code"]);
        Assert.StartsWith("Attestation evaluation failed: \n0: ", (string)answer["details"]!, StringComparison.Ordinal);
        Assert.Contains(cause, (string)answer["details"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rest_answers_as_upstreams()
    {
        await using var server = await StartAsync(new() { Rest = "http://127.0.0.1:0", Origins = ["https://page.example"] });
        using var http = new HttpClient { BaseAddress = new Uri(server.Services[0].Address) };
        var policy = new JsonObject { ["policy_id"] = "default_cpu", ["policy"] = Base64UrlText.Encode(Encoding.UTF8.GetBytes(Policy)) };

        Assert.Equal((200, ""), await PostAsync("/policy", policy.ToJsonString()));
        Assert.Equal(
            """[{"policy-id":"default_cpu"},{"policy-id":"default_dcu"},{"policy-id":"default_gpu"},{"policy-id":"default_ppcie"},{"policy-id":"default_switch"}]""",
            await http.GetStringAsync("/policy", Cancel));
        Assert.Equal(Policy, await http.GetStringAsync("/policy/default_cpu", Cancel));
        Assert.Equal("", await http.GetStringAsync("/healthz", Cancel));
        Assert.Equal((200, ""), await PostAsync("/challenge", """{"tee":"sample","tee_params":""}"""));

        var runtime = """{"nonce":"n"}""";
        var body = new JsonObject
        {
            ["verification_requests"] = new JsonArray(new JsonObject
            {
                ["tee"] = "sample",
                ["evidence"] = Evidence(runtime),
                ["runtime_data"] = new JsonObject { ["structured"] = JsonNode.Parse(runtime) },
            }),
            ["policy_ids"] = new JsonArray(),
        }.ToJsonString();
        var (status, token) = await PostAsync("/attestation", body);
        Assert.Equal(200, status);
        var keys = JwtVerificationKey.ParseSet(await http.GetByteArrayAsync("/.well-known/jwks.json", Cancel));
        Assert.Contains(keys, key => JsonWebToken.Parse(token).Verify(key));

        var (failed, causes) = await PostAsync("/attestation", body.Replace(":\"n\"", ":\"m\"", StringComparison.Ordinal));
        Assert.Equal(500, failed);
        Assert.StartsWith("An internal error occured: \n0: ", causes, StringComparison.Ordinal);
        Assert.Equal(400, (await PostAsync("/attestation", "{")).Status);
        Assert.Equal(400, (await PostAsync("/attestation", """{"verification_requests":[]}""")).Status);
        Assert.Equal(413, (await PostAsync("/attestation", new string(' ', AttestationEndpoints.MaxBodyBytes + 1))).Status);
        Assert.Equal(404, (await PostAsync("/other", "{}")).Status);

        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/attestation");
        preflight.Headers.Add("Origin", "https://page.example");
        using var allowed = await http.SendAsync(preflight, Cancel);
        Assert.Equal("https://page.example", allowed.Headers.GetValues("Access-Control-Allow-Origin").Single());

        async Task<(int Status, string Text)> PostAsync(string path, string content)
        {
            using var reply = await http.PostAsync(path, new StringContent(content, Encoding.UTF8, "application/json"), Cancel);
            return ((int)reply.StatusCode, await reply.Content.ReadAsStringAsync(Cancel));
        }
    }

    [Fact]
    public async Task Beyond_this_machine_there_is_tls_and_only_known_callers_change_things()
    {
        var refusal = await Assert.ThrowsAsync<TrustServerException>(() => StartAsync(new() { Grpc = "0.0.0.0:0" }));
        Assert.Contains("loopback", refusal.Message, StringComparison.Ordinal);
        refusal = await Assert.ThrowsAsync<TrustServerException>(() => StartAsync(new() { Rest = "http://0.0.0.0:0" }));
        Assert.Contains("https", refusal.Message, StringComparison.Ordinal);

        await using var open = await StartAsync(new() { Grpc = "https://127.0.0.1:0" });
        _python.Tls = (TrustServer.CaPath(_folder), null, null);
        var message = """{"version":"0.1.0","type":"sample","payload":"eyJhIjoxfQ=="}""";
        Assert.Equal("PERMISSION_DENIED", (string?)(await _python.RegisterAsync(open.Services[0].Address, message))["code"]);
        Assert.Equal(["refused"], Recorded("RegisterReferenceValue", null));
        Assert.Empty((await _python.QueryAsync(open.Services[0].Address, "a"))["ok"]!.AsObject());

        var (authority, certificate, key) = ClientCertificate();
        await using var mutual = await StartAsync(
            new() { Grpc = "https://127.0.0.1:0" }, new TlsOptions { ClientAuthoritiesFile = authority, AllowTls12 = true });
        Assert.Equal("UNAVAILABLE", (string?)(await _python.QueryAsync(mutual.Services[0].Address, "a"))["code"]);
        _python.Tls = (TrustServer.CaPath(_folder), certificate, key);
        Assert.NotNull((await _python.RegisterAsync(mutual.Services[0].Address, message))["ok"]);
        Assert.Equal("1", (string?)(await _python.QueryAsync(mutual.Services[0].Address, "a"))["ok"]!["reference_value_results"]);
    }

    [Fact]
    public async Task Reference_values_are_served_alone_and_survive_a_restart()
    {
        string[] arguments = ["rvps", "--data", Path.Combine(_folder, "rvps"), "--grpc", "127.0.0.1:0"];
        await using (var first = await ServeProcess.StartAsync(arguments))
        {
            Assert.NotNull((await _python.RegisterAsync(Address(first), """{"type":"sample","payload":"eyJhIjpbMSwieCJdfQ=="}"""))["ok"]);
            var refused = await _python.RegisterAsync(Address(first), """{"version":"0.2.0","type":"sample","payload":"e30="}""");
            Assert.Equal("ABORTED", (string?)refused["code"]);
            Assert.StartsWith("Register reference value: ", (string)refused["details"]!, StringComparison.Ordinal);
            await first.KillAsync();
        }

        await using var second = await ServeProcess.StartAsync(arguments);
        Assert.Equal("""[1,"x"]""", (string?)(await _python.QueryAsync(Address(second), "a"))["ok"]!["reference_value_results"]);
        Assert.Equal("UNIMPLEMENTED", (string?)(await _python.ChallengeAsync(Address(second), []))["code"]);
        Assert.Equal(0, await second.TerminateAsync());

        static string Address(ServeProcess process) => process.FirstLine!["reference-values on ".Length..];
    }

    [Fact]
    public async Task Bytes_that_are_no_http_leave_the_server_working()
    {
        await using var server = await StartAsync(new() { Grpc = "127.0.0.1:0" });
        var address = new Uri(server.Services[0].Address);
        foreach (var text in (string[])["", "\r\n\r\n", "GET", "GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", new string('x', 20_000), "GET /\0 HTTP/9\r\n\r\n"])
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port, Cancel);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), Cancel);
            client.Client.Shutdown(SocketShutdown.Send);
        }

        Assert.Equal("SERVING", (string?)(await _python.CheckAsync(server.Services[0].Address, ""))["ok"]!["status"]);
    }

    [Fact]
    public async Task Where_certificates_are_optional_each_connection_may_do_what_its_own_allows()
    {
        var (authority, certificate, key) = ClientCertificate();
        await using var server = await StartAsync(
            new() { Grpc = "https://127.0.0.1:0", Rest = "https://127.0.0.1:0" },
            new TlsOptions { ClientAuthoritiesFile = authority, ClientCertificates = ClientCertificates.Optional });
        var (grpc, rest) = (server.Services[0].Address, new Uri(server.Services[1].Address));
        var message = """{"version":"0.1.0","type":"sample","payload":"eyJhIjoxfQ=="}""";
        var policy = new JsonObject { ["policy_id"] = "default_cpu", ["policy"] = Base64UrlText.Encode(Encoding.UTF8.GetBytes(Policy)) };

        _python.Tls = (TrustServer.CaPath(_folder), null, null);
        Assert.Equal("PERMISSION_DENIED", (string?)(await _python.RegisterAsync(grpc, message))["code"]);
        Assert.Equal("PERMISSION_DENIED", (string?)(await _python.SetPolicyAsync(grpc, (JsonObject)policy.DeepClone()))["code"]);
        Assert.Empty((await _python.QueryAsync(grpc, "a"))["ok"]!.AsObject());
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(null));

        _python.Tls = (TrustServer.CaPath(_folder), certificate, key);
        Assert.NotNull((await _python.RegisterAsync(grpc, message))["ok"]);
        Assert.NotNull((await _python.SetPolicyAsync(grpc, (JsonObject)policy.DeepClone()))["ok"]);
        using var caller = X509Certificate2.CreateFromPemFile(certificate, key);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(caller));

        using var stranger = new TlsFolder();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => PostAsync(stranger.IssueClient("a stranger")));

        async Task<HttpStatusCode> PostAsync(X509Certificate2? shown)
        {
            var roots = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            roots.CustomTrustStore.ImportFromPemFile(TrustServer.CaPath(_folder));
            using var handler = new SocketsHttpHandler { UseProxy = false, SslOptions = { CertificateChainPolicy = roots } };
            if (shown is not null)
                handler.SslOptions.ClientCertificates = [shown];
            using var http = new HttpClient(handler) { BaseAddress = rest };
            using var reply = await http.PostAsync("/policy", new StringContent(policy.ToJsonString(), Encoding.UTF8, "application/json"), Cancel);
            return reply.StatusCode;
        }
    }

    private List<string?> Recorded(string call, string? on) =>
    [
        .. Directory.GetFiles(TrustServer.AuditDirectory(_folder), "*.jsonl").SelectMany(File.ReadLines).Select(line => JsonNode.Parse(line)!)
            .Where(line => (string?)line["route"] == call && (string?)line["object"] == on).Select(line => (string?)line["outcome"]),
    ];

    private Task<AttestationServer> StartAsync(ServiceOptions services, TlsOptions? tls = null) => AttestationServer.StartAsync(
        new TrustServerOptions
        {
            DataDirectory = _folder,
            Url = new Uri("https://localhost"),
            Development = true,
            Services = services,
            ServiceTls = tls ?? new(),
        },
        Cancel);

    private static JsonObject Runtime(string json) => new() { ["structured_runtime_data"] = json };

    private static JsonObject Request(string tee, JsonObject members, params string[] policies)
    {
        var item = (JsonObject)members.DeepClone();
        item["tee"] = tee;
        item["evidence"] = Evidence((string?)members["structured_runtime_data"] is { } text && text.EndsWith('}') ? text : "{}");
        return new()
        {
            ["verification_requests"] = new JsonArray(item),
            ["policy_ids"] = new JsonArray([.. policies.Select(policy => (JsonNode)policy)]),
        };
    }

    // SHA-384 of the canonical form, as upstream's client does.
    private static string Evidence(string runtimeData)
    {
        using var document = JsonDocument.Parse(runtimeData);
        var reportData = SHA384.HashData(CanonicalJson.Write(document.RootElement));
        return Base64UrlText.Encode(new SampleEvidence { Svn = "1", ReportData = Convert.ToBase64String(reportData) }.ToJson());
    }

    private static string? StatusOf(JsonObject answer)
    {
        var token = JsonWebToken.Parse((string)answer["ok"]!["attestation_token"]!);
        return (string?)JsonNode.Parse(token.Payload)!["submods"]!["cpu0"]!["ear.status"];
    }

    private (string AuthorityPath, string CertificatePath, string KeyPath) ClientCertificate()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authority = OwnCertificateAuthority.Create("clients", now);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a key broker", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(authority, now.AddHours(-1), now.AddDays(1), [1]);
        var authorityPath = Path.Combine(_folder, "clients.pem");
        File.WriteAllText(authorityPath, authority.ExportCertificatePem());
        var (certificatePath, keyPath) = (Path.Combine(_folder, "client.pem"), Path.Combine(_folder, "client.key"));
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        return (authorityPath, certificatePath, keyPath);
    }
}
