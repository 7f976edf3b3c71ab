using System.Text;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Cli;
using Nacre.Evidence;
using Nacre.Evidence.Protocol;
using Nacre.Evidence.Sample;
using Nacre.Formats.Jose;

namespace Nacre.EndToEndTests.Trust;

/// <summary>
/// Guests of older protocols, where the operator allows them: the body is the key and the evidence, which binds nonce and key alone in
/// 0.2.0, and the evidence of devices too in 0.3.0.
/// </summary>
[Trait("Group", "TrustProtocol")]
public sealed class OlderProtocolTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(OlderProtocols.V020)]
    [InlineData(OlderProtocols.V030)]
    public async Task A_guest_of_an_older_version_attests_and_gets_its_secret_where_it_is_allowed(string version)
    {
        await using var stage = await StartAsync(version);
        using var messages = new HandshakeMessages(stage.RawClient());
        var (cookie, nonce) = await AuthAsync(messages, version);

        using var attested = await messages.PostAsync("attest", Body(messages, version, nonce), cookie);
        Assert.Equal(200, (int)attested.StatusCode);
        using var reply = await messages.GetAsync($"/kbs/v0/resource/{TrustStage.Secret.Path}", HandshakeMessages.Cookie(attested));
        using var secret = JsonWebEncryption.Decrypt(messages.Key, await reply.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));
    }

    [Theory]
    [InlineData(OlderProtocols.V020, OlderProtocols.V030)]
    [InlineData(OlderProtocols.V030, OlderProtocols.V020)]
    public async Task Evidence_for_another_nonce_and_bodies_of_another_version_are_refused(string version, string other)
    {
        await using var stage = await StartAsync(version);
        using var messages = new HandshakeMessages(stage.RawClient());
        var (cookie, nonce) = await AuthAsync(messages, version);
        Assert.Equal(400, (await HandshakeMessages.ErrorAsync(await messages.AttestAsync(cookie, nonce))).Status);
        Assert.Equal(401, await RefusalAsync(version, "another", cookie));

        // What 0.3.0 puts around the evidence is no evidence in 0.2.0, and evidence in 0.2.0 is not what 0.3.0 puts around it.
        (cookie, nonce) = await AuthAsync(messages, version);
        Assert.Equal(version == OlderProtocols.V020 ? 401 : 400, await RefusalAsync(other, nonce, cookie));

        (cookie, nonce) = await messages.AuthAsync();
        Assert.Equal(400, await RefusalAsync(version, nonce, cookie));

        async Task<int> RefusalAsync(string bodyVersion, string bodyNonce, string session) => (await HandshakeMessages.ErrorAsync(
            await messages.PostAsync("attest", Body(messages, bodyVersion, bodyNonce), session))).Status;
    }

    [Fact]
    public async Task Primary_evidence_of_0_3_0_commits_to_the_evidence_of_devices()
    {
        await using var stage = await StartAsync(OlderProtocols.V030);
        using var messages = new HandshakeMessages(stage.RawClient());
        var (cookie, nonce) = await AuthAsync(messages, OlderProtocols.V030);
        var runtimeData = new RuntimeData(nonce, messages.Key.PublicKey);
        var devices = new JsonObject
        {
            [TeeNames.SampleDevice] = Sample(runtimeData.DeviceDigest(HashNames.Sha384)),
        }.ToJsonString();

        var swapped = Composite(messages, Sample(runtimeData.PrimaryDigest(HashNames.Sha384, "")), devices);
        Assert.Equal(401, (await HandshakeMessages.ErrorAsync(await messages.PostAsync("attest", swapped, cookie))).Status);

        var (again, newNonce) = await AuthAsync(messages, OlderProtocols.V030);
        runtimeData = runtimeData with { Nonce = newNonce };
        devices = new JsonObject { [TeeNames.SampleDevice] = Sample(runtimeData.DeviceDigest(HashNames.Sha384)) }.ToJsonString();
        var bound = Composite(messages, Sample(runtimeData.PrimaryDigest(HashNames.Sha384, devices)), devices);
        using var attested = await messages.PostAsync("attest", bound, again);
        Assert.Equal(200, (int)attested.StatusCode);
    }

    [Theory]
    [InlineData(null, "0.2.0", "allow its version")]
    [InlineData("0.2.0", "0.3.0", "allow its version")]
    [InlineData("0.2.0", "0.1.0", "RSA PKCS#1 v1.5")]
    [InlineData("0.2.0", "0.1.1", "guest-components 0.12 or newer")]
    [InlineData("0.1.1", "0.1.1", "header is not authenticated")]
    [InlineData("0.3.0", "0.5.0", "not known here")]
    public async Task Versions_that_are_not_allowed_are_401_and_say_what_to_do(string? allowed, string version, string said)
    {
        await using var stage = await StartAsync(allowed);
        using var messages = new HandshakeMessages(stage.RawClient());
        using var reply = await messages.PostAsync("auth", Auth(version), null);
        Assert.Contains(said, await reply.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal((401, ErrorTypes.AttestationError), await HandshakeMessages.ErrorAsync(reply));
    }

    [Theory]
    [InlineData("0.1.0", "RSA PKCS#1 v1.5")]
    [InlineData("0.1.1", "header is not authenticated")]
    [InlineData("1", "0.2.0, 0.3.0")]
    public async Task A_server_does_not_start_with_a_version_that_is_not_safe(string version, string said)
    {
        var folder = Directory.CreateTempSubdirectory("nacre-older-");
        try
        {
            string[] line = ["serve", "--data", folder.FullName, "--url", "https://127.0.0.1:0", "--accept-protocol", version];
            (await NacreProgram.RunAsync(line)).AssertFailed(1, said);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Auth(string version) => $$"""{"version":"{{version}}","tee":"sample","extra-params":""}""";

    private static async Task<TrustStage> StartAsync(string? older)
    {
        var stage = await TrustStage.StartAsync(broker: new() { OlderProtocols = older is null ? [] : [older] });
        await stage.AffirmSampleAsync();
        return stage;
    }

    private static async Task<(string Cookie, string Nonce)> AuthAsync(HandshakeMessages messages, string version)
    {
        using var reply = await messages.PostAsync("auth", Auth(version), null);
        Assert.Equal(200, (int)reply.StatusCode);
        return (HandshakeMessages.Cookie(reply), AuthChallenge.Parse(await reply.Content.ReadAsByteArrayAsync(Cancel)).Nonce);
    }

    private static string Body(HandshakeMessages messages, string version, string nonce)
    {
        var runtimeData = new RuntimeData(nonce, messages.Key.PublicKey);
        return version == OlderProtocols.V020
            ? Body(messages, Sample(runtimeData.DeviceDigest(HashNames.Sha384)))
            : Composite(messages, Sample(runtimeData.PrimaryDigest(HashNames.Sha384, "")), "");
    }

    private static string Composite(HandshakeMessages messages, JsonNode primary, string devices) =>
        Body(messages, new JsonObject { ["primary_evidence"] = primary, ["additional_evidence"] = devices });

    private static string Body(HandshakeMessages messages, JsonNode evidence) =>
        new JsonObject { ["tee-pubkey"] = messages.Key.PublicKey.ToJson(), ["tee-evidence"] = evidence }.ToJsonString();

    private static JsonNode Sample(byte[] reportData) =>
        JsonNode.Parse(new SampleEvidence { Svn = "1", ReportData = Convert.ToBase64String(reportData) }.ToJson())!;
}
