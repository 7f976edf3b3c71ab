using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Guests with a key of ML-KEM get their secret where OpenSSL has it; elsewhere both sides say at once that it is missing.</summary>
[Trait("Group", "TrustProtocol")]
public sealed class MlKemReleaseTests
{
    private static readonly KbsClientOptions s_options = new() { KeyKind = JweKeyKind.MlKem768 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_guest_gets_its_secret_or_is_told_what_is_missing()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        if (!MLKem.IsSupported)
        {
            var refusal = Assert.Throws<PlatformNotSupportedException>(() => stage.SampleGuest(s_options));
            Assert.Contains("OpenSSL 3.5", refusal.Message, StringComparison.Ordinal);
            return;
        }

        using var guest = stage.SampleGuest(s_options);
        using var secret = await guest.GetResourceAsync(TrustStage.Secret, Cancel);
        Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));

        var session = await guest.AttestAsync(Cancel);
        using var raw = stage.RawClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/kbs/v0/resource/{TrustStage.Secret.Path}");
        request.Headers.Authorization = new("Bearer", session.Token);
        using var reply = await raw.SendAsync(request, Cancel);
        var jwe = JsonNode.Parse(await reply.Content.ReadAsStringAsync(Cancel))!;
        Assert.True(Base64UrlText.TryDecode((string)jwe["protected"]!, out var header));
        Assert.StartsWith(
            """{"alg":"ML-KEM-768+A192KW","enc":"A256GCM","ek":""", Encoding.UTF8.GetString(header), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cannot_encrypt_to_the_key_says_so_before_it_attests()
    {
        await using var stage = await TrustStage.StartAsync(explain: false);
        await stage.AffirmSampleAsync();
        using var messages = new HandshakeMessages(stage.RawClient());
        var (cookie, nonce) = await messages.AuthAsync();
        var evidence = messages.Evidence(nonce, key: new AkpJwk(new byte[1184]));
        using var reply = await messages.PostAsync("attest", Encoding.UTF8.GetString(evidence), cookie);
        if (MLKem.IsSupported)
        {
            Assert.Equal(200, (int)reply.StatusCode);
            return;
        }

        var text = await reply.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("OpenSSL 3.5", text, StringComparison.Ordinal);
        Assert.Contains("ECDH-ES+A256KW-P256", JsonNode.Parse(text)!["detail"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal((400, ErrorTypes.AttestationError), await HandshakeMessages.ErrorAsync(reply));

        // Nothing is lost: the session takes a key that the server can use.
        using var attested = await messages.AttestAsync(cookie, nonce);
        Assert.Equal(200, (int)attested.StatusCode);
    }

    [Fact]
    public async Task The_command_line_takes_the_kind_of_key_by_upstreams_name()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();

        var elliptic = await AttestAsync(stage, "ECDH-ES+A256KW-P521");
        Assert.Equal(0, elliptic.ExitCode);
        Assert.Equal("P-521", (string?)KeyOf(elliptic.Output)["crv"]);
        (await AttestAsync(stage, "RSA1_5")).AssertFailed(1, "'RSA1_5' is no kind of TEE key");

        var kem = await AttestAsync(stage, "ML-KEM-768+A192KW");
        if (MLKem.IsSupported)
            Assert.Equal("AKP", (string?)KeyOf(kem.Output)["kty"]);
        else
            kem.AssertFailed(1, "OpenSSL 3.5");
    }

    private static Task<ProgramResult> AttestAsync(TrustStage stage, string kind) => NacreProgram.RunAsync(
    [
        "attest", "--tee", "sample", "--tee-key-algorithm", kind,
        "--url", $"{stage.Server.Url}", "--cacert", TrustServer.CaPath(stage.Directory),
    ]);

    private static JsonNode KeyOf(string token) => JsonNode.Parse(JsonWebToken.Parse(token.Trim()).Payload)!
        ["submods"]!["cpu0"]!["ear.veraison.annotated-evidence"]!["runtime_data_claims"]!["tee-pubkey"]!;
}
