using System.Text;
using Nacre.Client;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Two servers over one directory are one server: no step of a handshake needs the process that made the step before.</summary>
[Trait("Group", "Trust")]
public sealed class SharedStoreTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_handshake_may_change_servers_at_every_step()
    {
        await using var one = await TrustStage.StartAsync();
        await using var two = await TrustStage.StartAsync(directory: one.Directory);
        await one.AffirmSampleAsync();
        using var atOne = new HandshakeMessages(one.RawClient());
        using var http = two.RawClient();

        var (cookie, nonce) = await atOne.AuthAsync();
        using var attest = new HttpRequestMessage(HttpMethod.Post, "/kbs/v0/attest") { Content = new ByteArrayContent(atOne.Evidence(nonce)) };
        attest.Headers.Add("Cookie", cookie);
        using var attested = await http.SendAsync(attest, Cancel);
        attested.EnsureSuccessStatusCode();
        using var reply = await atOne.GetAsync("/kbs/v0/resource/default/key/1", HandshakeMessages.Cookie(attested));
        var body = await reply.Content.ReadAsByteArrayAsync(Cancel);

        using var secret = Formats.Jose.JsonWebEncryption.Decrypt(atOne.Key, body);
        Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));
    }

    [Fact]
    public async Task What_one_acknowledges_the_other_knows_at_once()
    {
        await using var one = await TrustStage.StartAsync();
        await using var two = await TrustStage.StartAsync(directory: one.Directory);
        Assert.Equal(one.AdminToken, two.AdminToken);
        for (var i = 0; i < 5; i++)
        {
            await one.AffirmSampleAsync();
            using (var guest = two.SampleGuest())
                (await guest.GetResourceAsync(TrustStage.Secret, Cancel)).Dispose();

            await two.Admin.DeleteReferenceValueAsync("launch_digest", Cancel);
            using var refused = one.SampleGuest();
            await Assert.ThrowsAsync<KbsException>(() => refused.GetResourceAsync(TrustStage.Secret, Cancel));
        }
    }
}
