using System.Security.Cryptography;
using System.Text;
using Nacre.Linux.Pkcs11;
using Nacre.Peers;

namespace Nacre.UnitTests.Linux;

/// <summary>The binding against Debian's SoftHSM.</summary>
[Trait("Group", "TrustPkcs11")]
public sealed class Pkcs11Tests : IDisposable
{
    private static readonly byte[] s_pin = Encoding.UTF8.GetBytes(SoftHsm.Pin);

    private readonly Pkcs11Module _module;
    private readonly Pkcs11Token _token;

    public Pkcs11Tests()
    {
        Assert.NotEmpty(SoftHsm.Shared.ConfigurationFile);
        _module = Pkcs11Module.Load(SoftHsm.Library);
        _token = Pkcs11Token.Open(_module, _module.SlotOf(SoftHsm.TokenLabel), s_pin, sessions: 4);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_is_made_found_read_and_destroyed()
    {
        var label = $"secret {Guid.NewGuid()}";
        var template = new Pkcs11Template().Class(Pkcs11Class.SecretKey).Label(label);
        var handle = await _token.UseAsync(session => session.Create(Pkcs11Template.GenericSecret(label, "value"u8)), Cancel);

        Assert.Equal("value"u8.ToArray(), await _token.UseAsync(
            session => session.Read(session.FindOne(Pkcs11Class.SecretKey, label), Pkcs11AttributeType.Value), Cancel));
        Assert.Contains(label, SoftHsm.Shared.ListObjects(), StringComparison.Ordinal);
        Assert.True(await _token.UseAsync(session => session.Destroy(handle), Cancel));
        Assert.Empty(await _token.UseAsync(session => session.Find(template), Cancel));
        Assert.False(await _token.UseAsync(session => session.Destroy(handle), Cancel));
    }

    [Fact]
    public async Task Data_objects_keep_bytes_that_are_no_key()
    {
        var label = $"data {Guid.NewGuid()}";
        var value = RandomNumberGenerator.GetBytes(3000);
        await _token.UseAsync(session => session.Create(Pkcs11Template.Data(label, value)), Cancel);

        Assert.Equal(value, await _token.UseAsync(
            session => session.Read(session.FindOne(Pkcs11Class.Data, label), Pkcs11AttributeType.Value), Cancel));
    }

    [Fact]
    public async Task An_rsa_key_of_the_token_encrypts_and_decrypts()
    {
        var encrypted = await _token.UseAsync(
            session => session.Encrypt(Pkcs11Mechanism.RsaOaepSha1, session.FindOne(Pkcs11Class.PublicKey, SoftHsm.KeyLabel), "plain"u8), Cancel);
        var plain = await _token.UseAsync(
            session => session.Decrypt(Pkcs11Mechanism.RsaOaepSha1, session.FindOne(Pkcs11Class.PrivateKey, SoftHsm.KeyLabel), encrypted), Cancel);

        Assert.Equal(256, encrypted.Length);
        Assert.Equal("plain"u8.ToArray(), plain);
        encrypted[17] ^= 1;
        await Assert.ThrowsAsync<Pkcs11Exception>(async () => await _token.UseAsync(
            session => session.Decrypt(Pkcs11Mechanism.RsaOaepSha1, session.FindOne(Pkcs11Class.PrivateKey, SoftHsm.KeyLabel), encrypted), Cancel));
    }

    [Fact]
    public async Task Aes_on_the_token_is_that_of_the_framework_and_its_key_cannot_be_read()
    {
        var label = $"aes {Guid.NewGuid()}";
        var (key, nonce) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(12));
        await _token.UseAsync(session => session.Create(Pkcs11Template.AesKey(label, key)), Cancel);

        var encrypted = await _token.UseAsync(
            session => session.Encrypt(
                Pkcs11Mechanism.AesGcm(nonce, "who"u8.ToArray()), session.FindOne(Pkcs11Class.SecretKey, label), "plain"u8),
            Cancel);
        using var aes = new AesGcm(key, 16);
        var plain = new byte[5];
        aes.Decrypt(nonce, encrypted.AsSpan(0, 5), encrypted.AsSpan(5), plain, "who"u8);
        Assert.Equal("plain"u8.ToArray(), plain);

        var refusal = await Assert.ThrowsAsync<Pkcs11Exception>(async () => await _token.UseAsync(
            session => session.Read(session.FindOne(Pkcs11Class.SecretKey, label), Pkcs11AttributeType.Value), Cancel));
        Assert.Equal(Pkcs11Code.AttributeSensitive, refusal.Code);
    }

    [Fact]
    public async Task Many_callers_share_few_sessions()
    {
        var label = $"shared {Guid.NewGuid()}";
        await _token.UseAsync(session => session.Create(Pkcs11Template.GenericSecret(label, "value"u8)), Cancel);
        var (running, most) = (0, 0);

        var reads = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => _token.UseAsync(
            session =>
            {
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                var value = session.Read(session.FindOne(Pkcs11Class.SecretKey, label), Pkcs11AttributeType.Value);
                Interlocked.Decrement(ref running);
                return value;
            },
            Cancel).AsTask()));

        Assert.All(reads, value => Assert.Equal("value"u8.ToArray(), value));
        Assert.InRange(most, 1, 4);
    }

    [Fact]
    public async Task Work_on_a_session_that_was_lost_is_done_again_on_another()
    {
        var runs = 0;
        var found = await _token.UseAsync(
            session =>
            {
                if (runs++ == 0)
                    session.Dispose();
                return session.FindOne(Pkcs11Class.PrivateKey, SoftHsm.KeyLabel);
            },
            Cancel);

        Assert.Equal(2, runs);
        Assert.NotEqual(0ul, found);
    }

    [Fact]
    public async Task A_token_that_does_not_answer_is_given_up()
    {
        using var impatient = Pkcs11Token.Open(
            _module, _module.SlotOf(SoftHsm.TokenLabel), s_pin, sessions: 1, TimeSpan.FromMilliseconds(100));
        using var answers = new ManualResetEventSlim();

        var late = await Assert.ThrowsAsync<Pkcs11Exception>(async () => await impatient.UseAsync(_ => answers.Wait(10_000, Cancel), Cancel));
        Assert.Equal(Pkcs11Code.NoAnswer, late.Code);

        // Its place is taken as long as it hangs.
        late = await Assert.ThrowsAsync<Pkcs11Exception>(async () => await impatient.UseAsync(_ => true, Cancel));
        Assert.Equal(Pkcs11Code.NoAnswer, late.Code);
        answers.Set();
        Assert.True(await impatient.UseAsync(_ => true, Cancel));
    }

    [Fact]
    public void What_cannot_be_opened_says_why()
    {
        Assert.Contains("absolute", Refusal(() => Pkcs11Module.Load("libsofthsm2.so")), StringComparison.Ordinal);
        Assert.Contains("no library", Refusal(() => Pkcs11Module.Load("/nowhere.so")), StringComparison.Ordinal);
        Assert.Contains("no PKCS #11", Refusal(() => Pkcs11Module.Load("/lib/x86_64-linux-gnu/libz.so.1")), StringComparison.Ordinal);
        Assert.Contains("no slot 77", Refusal(() => _module.SlotAt(77)), StringComparison.Ordinal);
        Assert.Contains("0 tokens", Refusal(() => _module.SlotOf("absent")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_are_absent_or_not_unique_are_refused()
    {
        var label = $"twice {Guid.NewGuid()}";
        for (var i = 0; i < 2; i++)
            await _token.UseAsync(session => session.Create(Pkcs11Template.GenericSecret(label, "value"u8)), Cancel);

        foreach (var name in (string[])[label, "absent"])
        {
            var refusal = await Assert.ThrowsAsync<Pkcs11Exception>(
                async () => await _token.UseAsync(session => session.FindOne(Pkcs11Class.SecretKey, name), Cancel));
            Assert.Equal(Pkcs11Code.NotFound, refusal.Code);
        }
    }

    public void Dispose() => _token.Dispose();

    private static string Refusal(Func<object> open) => Assert.Throws<Pkcs11Exception>(open).Message;

    private static void InterlockedMax(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, now, seen);
    }
}
