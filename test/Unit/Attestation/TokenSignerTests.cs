using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Attestation.Tokens;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;
using Nacre.Storage;
using Nacre.Storage.Memory;

namespace Nacre.UnitTests.Attestation;

/// <summary>The keys of tokens: algorithms, rotation with overlap, several processes on one store.</summary>
[Trait("Group", "TrustTokens")]
public sealed class TokenSignerTests : IAsyncDisposable
{
    private readonly MemoryStore _store = new();
    private readonly SteppedTime _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData("ES256", "EC", "P-256")]
    [InlineData("ES384", "EC", "P-384")]
    [InlineData("RS256", "RSA", null)]
    public async Task Whoever_has_the_key_set_can_check_a_token(string algorithm, string kind, string? curve)
    {
        using var signer = await OpenAsync(algorithm);

        var token = JsonWebToken.Parse(await signer.SignAsync(Claims(), Cancel));
        var header = JsonNode.Parse(token.Header)!;
        var set = await signer.KeySetAsync(Cancel);

        Assert.Equal((algorithm, algorithm, kind, curve),
            ((string?)header["alg"], (string?)header["jwk"]!["alg"], (string?)header["jwk"]!["kty"], (string?)header["jwk"]!["crv"]));
        Assert.Equal((string?)header["kid"], (string?)set["keys"]![0]!["kid"]);
        var keys = JwtVerificationKey.ParseSet(JsonText.Utf8(set));
        Assert.Equal(2, keys.Count);
        Assert.Equal([true, false], keys.Select(key => token.Verify(key)));
        Assert.DoesNotContain("\"d\"", set.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Relying_parties_know_the_next_key_before_it_signs()
    {
        using var signer = await OpenAsync();
        var before = JwtVerificationKey.ParseSet(JsonText.Utf8(await signer.KeySetAsync(Cancel)));
        await signer.RotateAsync(Cancel);

        var token = JsonWebToken.Parse(await signer.SignAsync(Claims(), Cancel));

        Assert.Contains(before, key => token.Verify(key));
    }

    [Fact]
    public async Task A_former_key_is_good_until_its_tokens_have_expired()
    {
        using var signer = await OpenAsync();
        var token = await signer.SignAsync(Claims(TimeSpan.FromDays(1)), Cancel);
        await signer.RotateAsync(Cancel);

        Assert.NotNull((await VerifyAsync(signer, token)).Claims);
        Assert.Equal(3, (await signer.KeySetAsync(Cancel))["keys"]!.AsArray().Count);
        _clock.Skip(TimeSpan.FromMinutes(8));
        Assert.Equal("the token was not signed by this server", (await VerifyAsync(signer, token)).Problem);
        Assert.Equal(2, (await signer.KeySetAsync(Cancel))["keys"]!.AsArray().Count);
    }

    [Fact]
    public async Task Every_process_on_a_store_takes_what_another_signed_with_a_new_key()
    {
        using var one = await OpenAsync();
        using var two = await OpenAsync();
        await one.RotateAsync(Cancel);

        Assert.NotNull((await VerifyAsync(two, await one.SignAsync(Claims(), Cancel))).Claims);
        _clock.Skip(TokenSigner.RefreshAfter);
        Assert.Equal(KeyIdOf(await one.SignAsync(Claims(), Cancel)), KeyIdOf(await two.SignAsync(Claims(), Cancel)));

        using var stranger = await TokenSigner.OpenAsync(new MemoryStore(), new TokenOptions(), _clock, Cancel);
        Assert.Null((await VerifyAsync(stranger, await one.SignAsync(Claims(), Cancel))).Claims);
    }

    [Fact]
    public async Task A_key_is_replaced_when_it_has_served_its_time_and_when_another_algorithm_is_asked_for()
    {
        using var signer = await OpenAsync();
        var first = KeyIdOf(await signer.SignAsync(Claims(), Cancel));
        _clock.Skip(TimeSpan.FromDays(90));
        var second = KeyIdOf(await signer.SignAsync(Claims(), Cancel));
        Assert.NotEqual(first, second);

        using var other = await OpenAsync("RS256");
        var token = await other.SignAsync(Claims(), Cancel);
        Assert.NotEqual(second, KeyIdOf(token));
        Assert.NotNull((await VerifyAsync(signer, token)).Claims);
    }

    [Fact]
    public async Task A_dropped_key_is_not_believed_and_the_one_that_signs_cannot_be_dropped()
    {
        using var signer = await OpenAsync();
        var token = await signer.SignAsync(Claims(), Cancel);
        var leaked = KeyIdOf(token);

        Assert.False(await signer.DropAsync(leaked, Cancel));
        Assert.False(await signer.DropAsync("unknown", Cancel));
        await signer.RotateAsync(Cancel);
        Assert.True(await signer.DropAsync(leaked, Cancel));
        Assert.Null((await VerifyAsync(signer, token)).Claims);
    }

    [Fact]
    public async Task The_key_of_a_store_from_before_there_was_a_ring_goes_on_signing()
    {
        var old = JwtSigningKey.Generate("ES256");
        using var key = JwtSigningKey.Import([.. old]);
        await _store.SetAsync("key", "token-signer", old, WriteCondition.None, Cancel);

        using var signer = await OpenAsync();

        Assert.Equal(key.KeyId, KeyIdOf(await signer.SignAsync(Claims(), Cancel)));
    }

    [Fact]
    public async Task A_given_key_signs_with_its_certificates_and_the_ring_is_still_believed()
    {
        string token;
        using (var own = await OpenAsync())
            token = await own.SignAsync(Claims(), Cancel);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var given = JwtSigningKey.FromPem(ecdsa.ExportECPrivateKeyPem());
        using var signer = await TokenSigner.OpenAsync(
            _store, new TokenOptions { Key = new GivenTokenKey(given, [[1, 2], [3]], "https://certs.example/chain") }, _clock, Cancel);

        var header = JsonNode.Parse(JsonWebToken.Parse(await signer.SignAsync(Claims(), Cancel)).Header)!;

        Assert.Equal("ES384", (string?)header["alg"]);
        Assert.Equal("""["AQI=","Aw=="]""", header["jwk"]!["x5c"]!.ToJsonString().Replace("\\u002B", "+", StringComparison.Ordinal));
        Assert.Equal("https://certs.example/chain", (string?)header["jwk"]!["x5u"]);
        Assert.NotNull((await VerifyAsync(signer, token)).Claims);
    }

    [Fact]
    public async Task Without_the_key_in_the_header_the_name_of_the_key_is_there()
    {
        using var signer = await TokenSigner.OpenAsync(_store, new TokenOptions { EmbedKey = false }, _clock, Cancel);

        var header = JsonNode.Parse(JsonWebToken.Parse(await signer.SignAsync(Claims(), Cancel)).Header)!.AsObject();

        Assert.Equal(["typ", "alg", "kid"], header.Select(member => member.Key));
    }

    [Theory]
    [InlineData("P-521")]
    [InlineData("RSA-1024")]
    [InlineData("text")]
    public void Keys_of_other_kinds_are_refused(string kind)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        using var rsa = RSA.Create(1024);
        var pem = kind switch { "P-521" => ecdsa.ExportPkcs8PrivateKeyPem(), "RSA-1024" => rsa.ExportPkcs8PrivateKeyPem(), _ => kind };

        Assert.Throws<CryptographicException>(() => JwtSigningKey.FromPem(pem));
    }

    private Task<TokenSigner> OpenAsync(string algorithm = "ES256") =>
        TokenSigner.OpenAsync(_store, new TokenOptions { Algorithm = algorithm }, _clock, Cancel);

    private ValueTask<(JsonObject? Claims, string Problem)> VerifyAsync(TokenSigner signer, string token) =>
        signer.VerifyAsync(token, _clock.GetUtcNow(), Cancel);

    private JsonObject Claims(TimeSpan? life = null) => new()
    {
        ["exp"] = (_clock.GetUtcNow() + (life ?? TimeSpan.FromMinutes(5))).ToUnixTimeSeconds(),
        ["nbf"] = _clock.GetUtcNow().ToUnixTimeSeconds(),
    };

    private static string KeyIdOf(string token) => JsonWebToken.Parse(token).ReadKeyId()!;

    private sealed class SteppedTime : TimeProvider
    {
        private TimeSpan _skipped;

        public void Skip(TimeSpan time) => _skipped += time;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(1_800_000_000) + _skipped;
    }
}
