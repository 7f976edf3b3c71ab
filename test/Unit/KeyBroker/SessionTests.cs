using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.KeyBroker.Sessions;
using Nacre.Storage;
using Nacre.Storage.Memory;

namespace Nacre.UnitTests.KeyBroker;

[Trait("Group", "TrustProtocol")]
public sealed class SessionTests
{
    private static readonly DateTimeOffset s_time = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Pending_sessions_go_there_and_back()
    {
        var bare = new PendingSession(s_time, "nonce", "snp", "sha384", null, "0.4.0", "g");
        Assert.Equal(bare, SessionState.Parse(bare.ToBytes()));

        var proof = new PendingKeyProof([1, 2, 3], [4, 5], "abc");
        var read = Assert.IsType<PendingSession>(SessionState.Parse((bare with { KeyProof = proof }).ToBytes()));
        Assert.Equal([1, 2, 3], read.KeyProof!.Secret);
        Assert.Equal([4, 5], read.KeyProof.KeySpki);
        Assert.Equal("abc", read.KeyProof.EndorsementFingerprint);
        Assert.DoesNotContain("1", proof.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_cut_or_longer_are_no_session()
    {
        var bytes = new PendingSession(s_time, "nonce", "snp", "sha384", new PendingKeyProof([1], [2], "c"), "0.4.0", "g").ToBytes();
        for (var length = 0; length < bytes.Length; length++)
            Assert.ThrowsAny<Exception>(() => SessionState.Parse(bytes[..length]));
        Assert.Throws<MalformedDataException>(() => SessionState.Parse([.. bytes, 0]));
        Assert.Throws<MalformedDataException>(() => SessionState.Parse([9, .. bytes]));
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(10_000, true)]
    [InlineData(200_000, false)]
    public async Task Claims_come_back_whether_they_fit_into_a_cookie_or_not(int size, bool compressible)
    {
        var store = new MemoryStore();
        using var sealer = await SessionSealer.OpenAsync(store, Cancel);
        var sessions = new SessionClaims(store, sealer, TimeProvider.System);
        var text = compressible ? new string('a', size) : Convert.ToHexString(RandomNumberGenerator.GetBytes(size / 2));
        var claims = new JsonObject { ["data"] = text };

        var cookie = await sessions.SealAsync(claims, "nonce", s_time, "g", Cancel);

        Assert.True(cookie.Length <= SessionSealer.MaxCookieLength);
        var state = Assert.IsType<AttestedState>(SessionState.Parse(sealer.Open(cookie)!));
        Assert.Equal(compressible, state.Claims is not null);
        Assert.Equal(text, (string?)(await sessions.ReadAsync(state, Cancel))!["data"]);
    }

    [Fact]
    public async Task Stored_claims_are_forgotten_after_their_session()
    {
        var store = new MemoryStore();
        using var sealer = await SessionSealer.OpenAsync(store, Cancel);
        var sessions = new SessionClaims(store, sealer, TimeProvider.System);
        var large = Convert.ToHexString(RandomNumberGenerator.GetBytes(10_000));
        for (var i = 0; i < 200; i++)
            await sessions.SealAsync(new JsonObject { ["data"] = large }, "nonce", TimeProvider.System.GetUtcNow().AddMinutes(-1), "g", Cancel);

        Assert.True((await store.ListAllAsync("session", "", Cancel)).Count < 100);
    }

    [Fact]
    public async Task Every_server_on_one_store_opens_what_another_sealed_and_nobody_else_does()
    {
        var store = new MemoryStore();
        using var one = await SessionSealer.OpenAsync(store, Cancel);
        using var two = await SessionSealer.OpenAsync(store, Cancel);
        using var stranger = await SessionSealer.OpenAsync(new MemoryStore(), Cancel);
        var cookie = one.Seal([1, 2, 3]);

        Assert.Equal([1, 2, 3], two.Open(cookie));
        Assert.Null(stranger.Open(cookie));
        Assert.NotEqual(cookie, one.Seal([1, 2, 3]));
    }
}
