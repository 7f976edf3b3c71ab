using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Nacre.Attestation.Remote;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.EndToEndTests.Trust;

/// <summary>
/// A key broker whose Attestation Service is elsewhere (trust.md 2.12): ours in another process, and one made of Python's gRPC from the
/// contract.
/// </summary>
[Trait("Group", "TrustRemote")]
public sealed class RemoteAttestationTests : IDisposable
{
    private const string Policy = "package policy\ntrust_claims := {\"executables\": 3, \"hardware\": 2, \"configuration\": 2}\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-remote-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "kbs");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Our_service_in_another_process_decides_what_our_key_broker_releases()
    {
        var tokens = await TokenFiles.CreateAsync(Path.Combine(_folder, "keys"));
        await using var service = await ServeProcess.StartAsync(
            "as", "--development", "--data", Path.Combine(_folder, "as"), "--grpc", "127.0.0.1:0", "--token-key", tokens.Key, "--token-cert", tokens.Chain);
        var address = service.FirstLine!["attestation on ".Length..];
        await using var broker = await ServeProcess.StartAsync(
            "--development", "--data", Data, "--url", "https://127.0.0.1:0", "--as-addr", address, "--trusted-cert", tokens.Authority,
            "--explain-to-guests");
        using var admin = ServeProcess.ConnectAdmin(broker.Url, Data);
        await admin.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy("the secret"u8), Cancel);

        // Not affirming yet: the reference values are missing, there.
        var denied = await Assert.ThrowsAsync<KbsException>(() => GetAsync(broker.Url));
        Assert.Equal(KbsFailure.Denied, denied.Failure);

        await admin.AddReferenceValuesAsync(
            new JsonObject { ["launch_digest"] = new JsonArray("abcde"), ["svn"] = new JsonArray("1"), ["major_version"] = 1, ["minimum_minor_version"] = 4 },
            Cancel);
        Assert.Equal("the secret", await GetAsync(broker.Url));

        await service.KillAsync();
        var gone = await Assert.ThrowsAsync<KbsException>(() => GetAsync(broker.Url));
        Assert.Equal(KbsFailure.Unavailable, gone.Failure);
    }

    [Fact]
    public async Task A_service_of_the_contract_alone_is_called_as_upstream_calls_it()
    {
        var tokens = await TokenFiles.CreateAsync(Path.Combine(_folder, "keys"));
        await using var service = await PythonAttestation.StartAsync(tokens);
        await using var stage = await StartAsync(service, tokens);
        using var messages = new HandshakeMessages(stage.RawClient());
        var (cookie, nonce) = await messages.AuthAsync();
        using var reply = await messages.AttestAsync(cookie, nonce);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        var attested = HandshakeMessages.Cookie(reply);
        var token = (string)JsonNode.Parse(await reply.Content.ReadAsStringAsync(Cancel))!["token"]!;

        var request = service.Last("evaluate");
        var item = request["verification_requests"]![0]!;
        Assert.Equal("""["default"]""", request["policy_ids"]!.ToJsonString());
        Assert.Equal(("sample", "sha384"), ((string?)item["tee"], (string?)item["runtime_data_hash_algorithm"]));
        var runtime = JsonNode.Parse((string)item["structured_runtime_data"]!)!.AsObject();
        Assert.Equal(["additional-evidence", "nonce", "tee-pubkey"], runtime.Select(member => member.Key));
        Assert.True(Base64UrlText.TryDecode((string)item["evidence"]!, out _));

        // The session, the token, and the same reply again when the first was lost: all are the token of the service.
        Assert.Equal(HttpStatusCode.OK, (await messages.GetAsync("/kbs/v0/resource/default/key/1", cookie: attested)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await messages.GetAsync("/kbs/v0/resource/default/key/1", bearer: token)).StatusCode);
        using var again = await messages.AttestAsync(attested, nonce);
        Assert.Equal(token, (string?)JsonNode.Parse(await again.Content.ReadAsStringAsync(Cancel))!["token"]);
        using var keys = await messages.GetAsync("/.well-known/jwks.json");
        Assert.Equal(HttpStatusCode.NotFound, keys.StatusCode);
    }

    [Theory]
    [InlineData("abort", 401, "the sample is stale")]
    [InlineData("other-guest", 401, "another nonce")]
    [InlineData("expired", 401, "has expired")]
    [InlineData("no-certificate", 401, "neither trusted jwk set nor trusted pem public key works")]
    [InlineData("slow", 503, "did not answer in time")]
    [InlineData("stopped", 503, "cannot be reached")]
    public async Task What_the_service_says_is_not_believed_blindly(string mood, int status, string reason)
    {
        var tokens = await TokenFiles.CreateAsync(Path.Combine(_folder, "keys"));
        await using var service = await PythonAttestation.StartAsync(tokens);
        await using var stage = await StartAsync(service, tokens, TimeSpan.FromSeconds(3));
        service.Mood = mood;
        if (mood == "stopped")
            await service.StopAsync();
        using var messages = new HandshakeMessages(stage.RawClient());
        var (cookie, nonce) = await messages.AuthAsync();
        using var reply = await messages.AttestAsync(cookie, nonce);

        Assert.Equal(status, (int)reply.StatusCode);
        var text = await reply.Content.ReadAsStringAsync(Cancel);
        Assert.Contains(reason, text, StringComparison.Ordinal);
        Assert.DoesNotContain(service.Address["http://".Length..], text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Policies_and_reference_values_go_through_to_the_service()
    {
        var tokens = await TokenFiles.CreateAsync(Path.Combine(_folder, "keys"));
        await using var service = await PythonAttestation.StartAsync(tokens);
        await using var stage = await StartAsync(service, tokens);
        using var http = stage.RawClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", stage.AdminToken);

        Assert.Equal(200, await PostAsync("attestation-policy", new() { ["type"] = "rego", ["policy_id"] = "default_cpu", ["policy"] = Encode(Policy) }));
        Assert.Equal(("default_cpu", Encode(Policy)), ((string?)service.Last("policy")["policy_id"], (string?)service.Last("policy")["policy"]));
        Assert.Equal(400, await PostAsync("attestation-policy", new() { ["policy_id"] = "default_cpu", ["policy"] = Encode("package policy\nx := ") }));

        var payload = Convert.ToBase64String("""{"svn":["1"]}"""u8);
        Assert.Equal(200, await PostAsync("reference-value", new() { ["version"] = "0.1.0", ["type"] = "sample", ["payload"] = payload }));
        Assert.Equal("""["1"]""", await http.GetStringAsync("/kbs/v0/reference-value/svn", Cancel));
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/kbs/v0/reference-value/none", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotImplemented, (await http.GetAsync("/kbs/v0/admin/reference-values", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotImplemented, (await http.GetAsync("/kbs/v0/admin/policies/attestation/default_cpu", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/kbs/v0/admin/policies", Cancel)).StatusCode);

        await service.StopAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/kbs/v0/reference-value/svn", Cancel)).StatusCode);

        async Task<int> PostAsync(string path, JsonObject body)
        {
            using var reply = await http.PostAsync($"/kbs/v0/{path}", new StringContent(body.ToJsonString()), Cancel);
            return (int)reply.StatusCode;
        }
    }

    [Theory]
    [InlineData("would be believed", "--as-addr", "http://127.0.0.1:1")]
    [InlineData("name two services", "--as-addr", "http://127.0.0.1:1", "--ita-url", "https://ita.example")]
    [InlineData("holds no certificate", "--as-addr", "http://127.0.0.1:1", "--trusted-cert", "/dev/null")]
    [InlineData("anyone can make", "--as-addr", "http://127.0.0.1:1", "--insecure-header-jwk")]
    [InlineData("is no address", "--development", "--insecure-header-jwk", "--as-addr", "nonsense")]
    [InlineData("leave one of them away", "--development", "--insecure-header-jwk", "--as-addr", "http://127.0.0.1:1", "--as-grpc", "127.0.0.1:0")]
    [InlineData("needs an API key", "--development", "--insecure-header-jwk", "--ita-url", "https://ita.example")]
    public async Task What_cannot_be_right_is_one_line(string problem, params string[] arguments) =>
        (await NacreProgram.RunAsync(["serve", "--data", Data, "--url", "https://127.0.0.1:0", .. arguments])).AssertFailed(1, problem);

    private static string Encode(string text) => Base64UrlText.Encode(System.Text.Encoding.UTF8.GetBytes(text));

    private static Task<TrustStage> StartAsync(PythonAttestation service, TokenFiles tokens, TimeSpan? timeout = null)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(tokens.Authority);
        return TrustStage.StartAsync(backend: new GrpcAttestationOptions(service.Address)
        {
            Trust = new TokenTrust { Authorities = authorities },
            AllowSampleEvidence = true,
            Timeout = timeout ?? TimeSpan.FromSeconds(20),
        });
    }

    private async Task<string> GetAsync(Uri url)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(KeyBroker.TrustServer.CaPath(Data));
        using var guest = new KbsClient(
            KbsTransport.Create(url, roots), new Guest.AttestationAgent.AttesterEvidenceSource(new Attesters.Sample.SampleAttester()), TimeProvider.System);
        using var secret = await guest.GetResourceAsync(TrustStage.Secret, Cancel);
        return System.Text.Encoding.UTF8.GetString(secret.Reveal());
    }
}
