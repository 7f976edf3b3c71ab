using System.Text;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Two servers on one store: a handshake changes servers at every step, and a nonce counts once among both.</summary>
public abstract class ReplicaContract
{
    private const int Rounds = 12;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>As <c>--store</c> has it.</summary>
    protected abstract Task<string> StoreAsync();

    [Fact]
    public async Task A_handshake_alternates_between_them()
    {
        var store = await StoreAsync();
        await using var one = await TrustStage.StartAsync(store: store);
        await using var two = await TrustStage.StartAsync(directory: one.Directory, store: store);
        await one.AffirmSampleAsync();
        using var first = new HandshakeMessages(one.RawClient());
        using var second = two.RawClient();
        for (var round = 0; round < Rounds; round++)
        {
            var (cookie, nonce) = await first.AuthAsync();
            using var attested = await AttestAsync(second, cookie, first.Evidence(nonce));
            attested.EnsureSuccessStatusCode();
            using var reply = await first.GetAsync("/kbs/v0/resource/default/key/1", HandshakeMessages.Cookie(attested));
            var body = await reply.Content.ReadAsByteArrayAsync(Cancel);
            using var secret = Formats.Jose.JsonWebEncryption.Decrypt(first.Key, body);
            Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));
        }
    }

    [Fact]
    public async Task One_attestation_sent_to_both_is_taken_by_one()
    {
        var store = await StoreAsync();
        await using var one = await TrustStage.StartAsync(store: store);
        await using var two = await TrustStage.StartAsync(directory: one.Directory, store: store);
        using var guest = new HandshakeMessages(one.RawClient());
        using var first = one.RawClient();
        using var second = two.RawClient();
        for (var round = 0; round < Rounds; round++)
        {
            var (cookie, nonce) = await guest.AuthAsync();
            var evidence = guest.Evidence(nonce);
            var replies = await Task.WhenAll(AttestAsync(first, cookie, evidence), AttestAsync(second, cookie, evidence));

            Assert.Single(replies, reply => reply.IsSuccessStatusCode);
            var refused = Assert.Single(replies, reply => !reply.IsSuccessStatusCode);
            Assert.Contains("used before", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
            foreach (var reply in replies)
                reply.Dispose();
        }
    }

    private static async Task<HttpResponseMessage> AttestAsync(HttpClient http, string cookie, byte[] evidence)
    {
        using var attest = new HttpRequestMessage(HttpMethod.Post, "/kbs/v0/attest") { Content = new ByteArrayContent(evidence) };
        attest.Headers.Add("Cookie", cookie);
        return await http.SendAsync(attest, Cancel);
    }
}

[Trait("Group", "TrustReplicas")]
public sealed class SqliteReplicaTests : ReplicaContract
{
    protected override Task<string> StoreAsync() => Task.FromResult("sqlite");
}

[Trait("Group", "TrustReplicas")]
public sealed class PostgresReplicaTests(PostgresServer server) : ReplicaContract, IClassFixture<PostgresServer>
{
    protected override Task<string> StoreAsync() => server.CreateDatabaseAsync();

    [Fact]
    public async Task The_audit_record_is_verified_against_the_database()
    {
        var store = await StoreAsync();
        await using var stage = await TrustStage.StartAsync(store: store);
        await stage.AffirmSampleAsync();

        (await NacreProgram.RunAsync(["audit", "verify", stage.Directory, "--store", store])).AssertDone();
        (await NacreProgram.RunAsync(["audit", "verify", stage.Directory])).AssertFailed(1, "none of the directories has the store");
        (await NacreProgram.RunAsync(["audit", "verify", Path.Combine(stage.Directory, "audit"), "--store", store])).AssertFailed(1, "none of the directories has the key");
    }
}
