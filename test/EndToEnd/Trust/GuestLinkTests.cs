namespace Nacre.EndToEndTests.Trust;

/// <summary>Attempts of one guest are linked by the cookie that it brings along when it begins again.</summary>
[Trait("Group", "TrustProtocol")]
public sealed class GuestLinkTests
{
    [Fact]
    public async Task Attempts_of_one_guest_have_one_name_and_those_of_another_another()
    {
        await using var stage = await TrustStage.StartAsync();
        using var messages = new HandshakeMessages(stage.RawClient());
        var cookie = await FailAsync(messages, null);
        cookie = await FailAsync(messages, cookie);
        var (again, nonce) = await messages.AuthAsync(cookie);
        using var attested = await messages.AttestAsync(again, nonce);
        Assert.Equal(200, (int)attested.StatusCode);
        await FailAsync(messages, HandshakeMessages.Cookie(attested));
        await FailAsync(messages, null);
        await FailAsync(messages, "kbs-session-id=nonsense");

        var guests = (await stage.Admin.ListAttemptsAsync(TestContext.Current.CancellationToken))["attempts"]!.AsArray()
            .Select(attempt => (string)attempt!["guest"]!).GroupBy(guest => guest).Select(group => group.Count()).Order();

        // Three refusals and one that was not affirming, then two strangers.
        Assert.Equal([1, 1, 4], guests);
    }

    private static async Task<string> FailAsync(HandshakeMessages messages, string? before)
    {
        var (cookie, nonce) = await messages.AuthAsync(before);
        Assert.Equal(401, (await HandshakeMessages.ErrorAsync(await messages.AttestAsync(cookie, nonce, "another"))).Status);
        return cookie;
    }
}
