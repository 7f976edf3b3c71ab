using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation;
using Nacre.Attestation.Remote;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.UnitTests.Verifiers.Collateral;

namespace Nacre.UnitTests.Attestation.Remote;

/// <summary>Intel Trust Authority by its recorded shapes (trust.md 2.12): what is sent, and what becomes of each answer.</summary>
[Trait("Group", "TrustRemote")]
public sealed class IntelTrustAuthorityTests : IAsyncDisposable
{
    private const string Path = "/appraisal/v2/attest";
    private const string ApiKey = "an-api-key";
    private static readonly JsonObject s_runtime = JsonNode.Parse("""{"additional-evidence":"","nonce":"n"}""")!.AsObject();

    private readonly StandInService _service = new();
    private readonly TokenAuthority _tokens = new();
    private JsonObject? _asked;
    private WebHeaderCollection _headers = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _tokens.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task A_tdx_quote_goes_as_recorded_and_its_token_comes_back()
    {
        var evidence = Vector("tdx/coco-evidence/cos113_with_ccel.json");
        var parsed = JsonNode.Parse(evidence)!;
        var submission = Submission("tdx", evidence);
        var token = _tokens.Sign(Claims(submission), keyId: "ita");
        Answer(200, new() { ["token"] = token });

        using var intel = Create(policies: ["11111111-2222-3333-4444-555555555555"]);
        var outcome = Assert.IsType<Attested>(await intel.AttestAsync(submission, Cancel));

        Assert.Equal(token, outcome.Token);
        Assert.Equal(TokenAuthority.At.AddMinutes(5), outcome.Expires);
        Assert.Equal(
            (ApiKey, "application/json", "application/json", "Confidential-containers-trustee kbs/0.1.0"),
            (_headers["x-api-key"], _headers["Accept"], _headers["Content-Type"], _headers["User-Agent"]));
        var asked = Assert.IsType<JsonObject>(_asked);
        Assert.Equal(["policy_ids", "policy_must_match", "tdx"], asked.Select(member => member.Key));
        Assert.True((bool)asked["policy_must_match"]!);
        Assert.Equal((string?)parsed["quote"], (string?)asked["tdx"]!["quote"]);
        Assert.Equal((string?)parsed["cc_eventlog"], (string?)asked["tdx"]!["event_log"]);
        Assert.Equal(Convert.ToBase64String(submission.Evidence[0].RuntimeText!), (string?)asked["tdx"]!["runtime_data"]);
    }

    [Fact]
    public async Task Devices_go_along_and_switches_stay()
    {
        var devices = """
            {"device_evidence_list":[{"arch":"HOPPER","evidence":"AAAA","certificate":"BBBB"},{"arch":"LS10","evidence":"CCCC","certificate":"DDDD"}]}
            """;
        var submission = Submission("tdx", Vector("tdx/coco-evidence/tdx6_no_log.json"));
        var device = new SubmittedEvidence("nvidia", Encoding.UTF8.GetBytes(devices), null) { RuntimeText = "{}"u8.ToArray() };
        Answer(200, new() { ["token"] = _tokens.Sign(Claims(submission), keyId: "ita") });

        using var intel = Create();
        await intel.AttestAsync(submission with { Evidence = [.. submission.Evidence, device] }, Cancel);

        Assert.False((bool)_asked!["policy_must_match"]!);
        Assert.False(_asked["tdx"]!.AsObject().ContainsKey("event_log"));
        var nonce = Convert.ToHexStringLower(SHA512.HashData("{}"u8)[..32]);
        Assert.Equal(
            $$"""{"gpu_nonce":"{{nonce}}","arch":"HOPPER","evidence_list":[{"evidence":"AAAA","certificate":"BBBB"}]}""",
            _asked["nvgpu"]!.ToJsonString());
    }

    [Theory]
    [InlineData(400, """{"error":"quote verification failed"}""", "quote verification failed")]
    [InlineData(400, """{}""", "gives no reason")]
    public async Task What_it_refuses_is_refused(int status, string answer, string reason)
    {
        Answer(status, JsonNode.Parse(answer)!.AsObject());
        using var intel = Create();

        var refused = Assert.IsType<NotAttested>(await intel.AttestAsync(Submission("tdx", Vector("tdx/coco-evidence/tdx6_no_log.json")), Cancel));

        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "{}", "api_key")]
    [InlineData(500, "{}", "500")]
    [InlineData(302, "{}", "302")]
    [InlineData(200, "no json", "cannot be read")]
    public async Task What_is_no_answer_says_that_it_is_not_available(int status, string answer, string reason)
    {
        _service.Answers[Path] = async (context, cancel) =>
        {
            context.Response.StatusCode = status;
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer), cancel);
        };
        using var intel = Create();

        var unavailable = await Assert.ThrowsAsync<AttestationUnavailableException>(
            () => intel.AttestAsync(Submission("tdx", Vector("tdx/coco-evidence/tdx6_no_log.json")), Cancel));

        Assert.Contains(reason, unavailable.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(ApiKey, unavailable.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_of_another_guest_or_signer_is_not_believed()
    {
        var submission = Submission("tdx", Vector("tdx/coco-evidence/tdx6_no_log.json"));
        var (otherNonce, otherKey) = (Claims(submission), Claims(submission));
        otherNonce["tdx"]!["attester_runtime_data"]!["nonce"] = "m";
        otherKey["tdx"]!["attester_runtime_data"]!["tee-pubkey"] = PublicKey();
        using var stranger = new TokenAuthority();
        using var intel = Create();
        foreach (var (token, reason) in ((string, string)[])
            [
                (_tokens.Sign(otherNonce, keyId: "ita"), "another nonce"),
                (_tokens.Sign(otherKey, keyId: "ita"), "another public key"),
                (_tokens.Sign(new() { ["exp"] = TokenAuthority.At.AddMinutes(5).ToUnixTimeSeconds() }, keyId: "ita"), "no public key"),
                (stranger.Sign(Claims(submission), keyId: "ita"), "not believed"),
            ])
        {
            Answer(200, new() { ["token"] = token });
            var refused = Assert.IsType<NotAttested>(await intel.AttestAsync(submission, Cancel));
            Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Takes_what_the_service_takes_and_says_what_it_cannot()
    {
        using var intel = Create();

        Assert.False(intel.Takes("snp"));
        Assert.IsType<NotAttested>(await intel.AttestAsync(Submission("snp", "{}"u8.ToArray()), Cancel));
        Assert.Equal(
            ("sha512", "sha256", "sha384", null),
            (intel.SelectHash("tdx", ["sha512"]), intel.SelectHash("sgx", ["sha256", "sha512"]), intel.SelectHash("tdx", null), intel.SelectHash("tdx", ["sha384"])));
        Assert.True((await Assert.ThrowsAsync<RemoteRefusalException>(() => intel.RegisterAsync("{}", Cancel))).IsUnsupported);
        Assert.Empty(_service.Asked);
    }

    private static byte[] Vector(string name, [CallerFilePath] string here = "")
    {
        var shared = Environment.GetEnvironmentVariable("NACRE_SHARED")
            ?? System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", "..", "..", "..", "..", "shared");
        var path = System.IO.Path.Combine(shared, "vectors", name);
        if (Environment.GetEnvironmentVariable("CI") is null)
            Assert.SkipUnless(File.Exists(path), $"{path} is missing; set NACRE_SHARED");
        return File.ReadAllBytes(path);
    }

    private static JsonObject PublicKey()
    {
        using var key = JweKeyPair.Create();
        return key.PublicKey.ToJson();
    }

    private static AttestationSubmission Submission(string tee, byte[] evidence)
    {
        var runtime = (JsonObject)s_runtime.DeepClone();
        runtime["tee-pubkey"] = PublicKey();
        return new()
        {
            Evidence = [new SubmittedEvidence(tee, evidence, null) { RuntimeClaims = runtime, RuntimeText = JsonText.Utf8(runtime) }],
        };
    }

    private static JsonObject Claims(AttestationSubmission submission) => new()
    {
        ["exp"] = TokenAuthority.At.AddMinutes(5).ToUnixTimeSeconds(),
        ["tdx"] = new JsonObject { ["attester_runtime_data"] = submission.Evidence[0].RuntimeClaims!.DeepClone() },
    };

    private void Answer(int status, JsonObject answer) => _service.Answers[Path] = async (context, cancel) =>
    {
        using var body = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(body, cancel);
        (_asked, _headers) = (JsonNode.Parse(body.ToArray())!.AsObject(), (WebHeaderCollection)context.Request.Headers);
        context.Response.StatusCode = status;
        await context.Response.OutputStream.WriteAsync(JsonText.Utf8(answer), cancel);
    };

    private IntelTrustAuthority Create(params string[] policies) => new(
        new IntelTrustAuthorityOptions(_service.Url, SecretBytes.Copy(Encoding.ASCII.GetBytes(ApiKey)))
        {
            Trust = new TokenTrust { Keys = JwtVerificationKey.ParseSet(JsonText.Utf8(_tokens.KeySet("ita"))) },
            PolicyIds = policies,
        },
        new FixedClock(TokenAuthority.At));

    private sealed class FixedClock(DateTimeOffset at) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => at;
    }
}
