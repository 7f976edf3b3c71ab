using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Evidence.Sample;
using Nacre.Formats.Jose;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Guests of protocol 0.2.0, where the operator allows them: the body is the key and the evidence, which binds nonce and key alone.</summary>
[Trait("Group", "TrustProtocol")]
public sealed class OlderProtocolTests
{
    private const string Auth = """{"version":"0.2.0","tee":"sample","extra-params":""}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_guest_of_0_2_0_attests_and_gets_its_secret_where_it_is_allowed()
    {
        await using var stage = await StartAsync(KbsProtocol.Version020);
        using var messages = new HandshakeMessages(stage.RawClient());
        var (cookie, nonce) = await AuthAsync(messages);

        using var attested = await messages.PostAsync("attest", Body(messages, nonce), cookie);
        Assert.Equal(200, (int)attested.StatusCode);
        using var reply = await messages.GetAsync($"/kbs/v0/resource/{TrustStage.Secret.Path}", HandshakeMessages.Cookie(attested));
        using var secret = JsonWebEncryption.Decrypt(messages.Key, await reply.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));
    }

    [Fact]
    public async Task Evidence_for_another_nonce_and_bodies_of_the_other_version_are_refused()
    {
        await using var stage = await StartAsync(KbsProtocol.Version020);
        using var messages = new HandshakeMessages(stage.RawClient());
        var (cookie, nonce) = await AuthAsync(messages);
        Assert.Equal(400, (await HandshakeMessages.ErrorAsync(await messages.AttestAsync(cookie, nonce))).Status);
        Assert.Equal(401, (await HandshakeMessages.ErrorAsync(await messages.PostAsync("attest", Body(messages, "another"), cookie))).Status);

        var (newer, newerNonce) = await messages.AuthAsync();
        Assert.Equal(400, (await HandshakeMessages.ErrorAsync(await messages.PostAsync("attest", Body(messages, newerNonce), newer))).Status);
    }

    [Theory]
    [InlineData(null, "0.2.0")]
    [InlineData("0.2.0", "0.1.1")]
    [InlineData("0.2.0", "0.3.0")]
    public async Task Versions_that_are_not_allowed_are_401(string? allowed, string version)
    {
        await using var stage = await StartAsync(allowed);
        using var messages = new HandshakeMessages(stage.RawClient());
        var body = Auth.Replace("0.2.0", version, StringComparison.Ordinal);
        Assert.Equal((401, ErrorTypes.AttestationError), await HandshakeMessages.ErrorAsync(await messages.PostAsync("auth", body, null)));
    }

    private static async Task<TrustStage> StartAsync(string? older)
    {
        var stage = await TrustStage.StartAsync(broker: new() { OlderProtocols = older is null ? [] : [older] });
        await stage.AffirmSampleAsync();
        return stage;
    }

    private static async Task<(string Cookie, string Nonce)> AuthAsync(HandshakeMessages messages)
    {
        using var reply = await messages.PostAsync("auth", Auth, null);
        Assert.Equal(200, (int)reply.StatusCode);
        return (HandshakeMessages.Cookie(reply), AuthChallenge.Parse(await reply.Content.ReadAsByteArrayAsync(Cancel)).Nonce);
    }

    private static string Body(HandshakeMessages messages, string nonce)
    {
        var reportData = new RuntimeData(nonce, messages.Key.PublicKey).DeviceDigest(HashNames.Sha384);
        return new JsonObject
        {
            ["tee-pubkey"] = messages.Key.PublicKey.ToJson(),
            ["tee-evidence"] = JsonNode.Parse(new SampleEvidence { Svn = "1", ReportData = Convert.ToBase64String(reportData) }.ToJson()),
        }.ToJsonString();
    }
}
