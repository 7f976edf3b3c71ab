using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;

namespace Nacre.EndToEndTests.Trust;

/// <summary>What must not be served: every reply is the error body of the protocol, and the server goes on.</summary>
[Trait("Group", "TrustProtocol")]
public sealed class BadInputTests : IAsyncLifetime
{
    private TrustStage _stage = null!;
    private HandshakeMessages _messages = null!;

    public async ValueTask InitializeAsync()
    {
        _stage = await TrustStage.StartAsync();
        await _stage.AffirmSampleAsync();
        _messages = new HandshakeMessages(_stage.RawClient());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("""{"version":"0.4.0","tee":"sample"}""")]
    [InlineData("""{"version":"0.4.0","tee":7,"extra-params":{}}""")]
    [InlineData("""{"version":"0.4.0","tee":"sample","tee":"tpm","extra-params":{}}""")]
    [InlineData("""{"version":"0.4.0","tee":"sample","extra-params":{},"more":1}""")]
    [InlineData("\u0000\u0001\u0002")]
    public async Task Malformed_bodies_are_400(string body)
    {
        Assert.Equal((400, ErrorTypes.SerdeError), await HandshakeMessages.ErrorAsync(await _messages.PostAsync("auth", body, null)));
        var (cookie, _) = await _messages.AuthAsync();
        Assert.Equal((400, ErrorTypes.SerdeError), await HandshakeMessages.ErrorAsync(await _messages.PostAsync("attest", body, cookie)));
    }

    [Theory]
    [InlineData("""{"version":"0.1.0","tee":"sample","extra-params":{}}""")]
    [InlineData("""{"version":"0.5.0","tee":"sample","extra-params":{}}""")]
    [InlineData("""{"version":"0.4.0","tee":"no-such-tee","extra-params":{}}""")]
    [InlineData("""{"version":"0.4.0","tee":"no such","extra-params":{}}""")]
    public async Task Other_versions_and_unknown_tees_are_401_as_upstream_has_it(string body) =>
        Assert.Equal((401, ErrorTypes.AttestationError), await HandshakeMessages.ErrorAsync(await _messages.PostAsync("auth", body, null)));

    [Fact]
    public async Task A_body_over_two_MiB_is_413()
    {
        var large = new string(' ', KbsProtocol.MaxMessageBytes + 1);
        Assert.Equal((413, ErrorTypes.PayloadTooLarge), await HandshakeMessages.ErrorAsync(await _messages.PostAsync("auth", large, null)));
        Assert.Equal((400, ErrorTypes.SerdeError), await HandshakeMessages.ErrorAsync(await _messages.PostAsync("auth", large[1..], null)));
    }

    [Theory]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/nope", 404)]
    [InlineData("GET", "/kbs/v0", 404)]
    [InlineData("GET", "/kbs/v0/", 400)]
    [InlineData("GET", "/kbs/v0/unknown/thing", 404)]
    [InlineData("GET", "/kbs/v1/auth", 404)]
    [InlineData("GET", "/kbs/v0/auth", 405)]
    [InlineData("PUT", "/kbs/v0/resource/a/b/c", 405)]
    [InlineData("PATCH", "/kbs/v0/attest", 405)]
    [InlineData("GET", "/kbs/v0//resource/a/b/c", 400)]
    [InlineData("GET", "/kbs/v0/resource/a//b/c", 400)]
    [InlineData("GET", "/kbs/v0/resource///a/b/c", 400)]
    [InlineData("GET", "/kbs/v0/resource/a/../c", 400)]
    [InlineData("GET", "/kbs/v0/resource/a/./c", 400)]
    [InlineData("GET", "/kbs/v0/resource/a/%2e%2e/c", 400)]
    [InlineData("GET", "/kbs/v0/resource/a%2fb/c", 400)]
    [InlineData("GET", "/kbs/v0/resource/a/b%5cc/d", 400)]
    [InlineData("GET", "/kbs/v0/resource/a/b/%zz", 400)]
    [InlineData("GET", "/kbs/v0/resource/a/b/%ff", 400)]
    [InlineData("GET", "/kbs/v0/resource/a/b/c/", 400)]
    public async Task Paths_that_are_not_routes(string method, string path, int status) =>
        Assert.Equal(status, await RawStatusAsync($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));

    // These never get past the web server's own parser.
    [Theory]
    [InlineData("GET /kbs/v0/resource/a/b/%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n")]
    [InlineData("G\0T / HTTP/1.1\r\n\r\n")]
    [InlineData("POST /kbs/v0/auth HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST /kbs/v0/auth HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    public async Task What_is_no_http_is_refused_and_the_server_goes_on(string request)
    {
        Assert.InRange(int.Parse((await RawAsync(request)).Split(' ')[1], null), 400, 505);
        await _messages.AuthAsync();
    }

    [Theory]
    [InlineData("/kbs/v0/resource/a/b", 401)]
    [InlineData("/kbs/v0/resource/default/key/1", 401)]
    [InlineData("/kbs/v0/resource//default/key/1", 401)]
    public async Task Without_attestation_a_resource_is_401(string path, int status) =>
        Assert.Equal(status, await RawStatusAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));

    [Fact]
    public async Task The_doubled_slash_of_upstreams_client_is_served()
    {
        var (cookie, nonce) = await _messages.AuthAsync();
        using var attested = await _messages.AttestAsync(cookie, nonce);
        using var reply = await _messages.GetAsync("/kbs/v0/resource//default/key/1", HandshakeMessages.Cookie(attested));

        Assert.Equal(200, (int)reply.StatusCode);
    }

    [Fact]
    public async Task An_attested_guest_gets_400_for_a_name_that_cannot_be()
    {
        var (cookie, nonce) = await _messages.AuthAsync();
        using var attested = await _messages.AttestAsync(cookie, nonce);
        foreach (var path in (string[])["a/b", "a/b/c/d", "a/b/c!", ".a/b/c"])
        {
            var reply = await _messages.GetAsync($"/kbs/v0/resource/{path}", HandshakeMessages.Cookie(attested));
            Assert.Equal((400, ErrorTypes.InvalidRequestPath), await HandshakeMessages.ErrorAsync(reply));
        }
    }

    [Fact]
    public async Task Cookies_that_this_server_did_not_make_are_401()
    {
        var (cookie, nonce) = await _messages.AuthAsync();
        var value = cookie[(cookie.IndexOf('=', StringComparison.Ordinal) + 1)..];
        Assert.True(Base64UrlText.TryDecode(value, out var bytes));
        for (var i = 0; i < bytes.Length; i += 7)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            await RefusedAsync($"kbs-session-id={Base64UrlText.Encode(changed)}", nonce);
        }

        await RefusedAsync(null, nonce);
        await RefusedAsync("kbs-session-id=", nonce);
        await RefusedAsync("kbs-session-id=0123456789abcdef0123456789abcdef", nonce);
        await RefusedAsync($"kbs-session-id={value[..^4]}", nonce);
        await RefusedAsync($"kbs-session-id={new string('A', 10_000)}", nonce);
        await RefusedAsync($"other={value}", nonce);
    }

    [Fact]
    public async Task A_cookie_of_one_handshake_does_not_fit_another()
    {
        var (cookie, _) = await _messages.AuthAsync();
        var (_, otherNonce) = await _messages.AuthAsync();

        await RefusedAsync(cookie, otherNonce);
    }

    [Fact]
    public async Task A_pending_session_opens_nothing()
    {
        var (cookie, _) = await _messages.AuthAsync();

        Assert.Equal(
            (401, ErrorTypes.TokenNotFound), await HandshakeMessages.ErrorAsync(await _messages.GetAsync("/kbs/v0/resource/default/key/1", cookie)));
    }

    [Fact]
    public async Task A_nonce_counts_once()
    {
        var (cookie, nonce) = await _messages.AuthAsync();
        using (var first = await _messages.AttestAsync(cookie, nonce))
            Assert.Equal(200, (int)first.StatusCode);

        await RefusedAsync(cookie, nonce);
    }

    [Fact]
    public async Task A_guest_that_lost_the_reply_may_ask_again_with_its_session()
    {
        var (cookie, nonce) = await _messages.AuthAsync();
        using var first = await _messages.AttestAsync(cookie, nonce);
        using var again = await _messages.AttestAsync(HandshakeMessages.Cookie(first), nonce);

        Assert.Equal(200, (int)again.StatusCode);
        Assert.NotNull(JsonNode.Parse(await again.Content.ReadAsStringAsync())!["token"]);
    }

    [Fact]
    public async Task Evidence_for_another_nonce_or_key_is_401()
    {
        var (cookie, nonce) = await _messages.AuthAsync();
        var refused = await HandshakeMessages.ErrorAsync(await _messages.AttestAsync(cookie, nonce, reportDataNonce: "another"));

        Assert.Equal((401, ErrorTypes.AttestationError), refused);
    }

    [Fact]
    public async Task A_challenge_expires()
    {
        var (cookie, nonce) = await _messages.AuthAsync();
        _stage.Clock.Skip(TimeSpan.FromMinutes(5));

        await RefusedAsync(cookie, nonce);
    }

    [Fact]
    public async Task A_session_and_its_token_expire()
    {
        var (cookie, nonce) = await _messages.AuthAsync();
        using var attested = await _messages.AttestAsync(cookie, nonce);
        var session = HandshakeMessages.Cookie(attested);
        var token = (string)JsonNode.Parse(await attested.Content.ReadAsStringAsync())!["token"]!;
        using (var good = await _messages.GetAsync("/kbs/v0/resource/default/key/1", bearer: token))
            Assert.Equal(200, (int)good.StatusCode);

        _stage.Clock.Skip(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));

        Assert.Equal((401, ErrorTypes.TokenNotFound), await HandshakeMessages.ErrorAsync(await _messages.GetAsync("/kbs/v0/resource/default/key/1", session)));
        Assert.Equal(
            (401, ErrorTypes.TokenVerifierError), await HandshakeMessages.ErrorAsync(await _messages.GetAsync("/kbs/v0/resource/default/key/1", bearer: token)));
    }

    [Fact]
    public async Task Tokens_that_this_server_did_not_sign_are_401()
    {
        var (cookie, nonce) = await _messages.AuthAsync();
        using var attested = await _messages.AttestAsync(cookie, nonce);
        var token = (string)JsonNode.Parse(await attested.Content.ReadAsStringAsync())!["token"]!;
        var genuine = JsonWebToken.Parse(token);
        var parts = token.Split('.');

        // Upstream with insecure_header_jwk would take the key from the header: here it names nothing but itself.
        using var mine = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var header = JsonNode.Parse(genuine.Header)!.AsObject();
        header["jwk"] = EcJwk.From(mine.ExportParameters(false), JsonWebKey.Es256).ToJson();
        var forged = JsonWebToken.SignEs256(mine, JsonText.Utf8(header), genuine.Payload);
        var withoutSignature = $"{Base64UrlText.Encode("""{"alg":"none","typ":"JWT"}"""u8)}.{parts[1]}.";
        var changed = JsonNode.Parse(genuine.Payload)!.AsObject();
        changed["exp"] = 4102444800;
        var otherSignature = (parts[2][0] == 'A' ? 'B' : 'A') + parts[2][1..];

        foreach (var bad in (string[])
            [forged, withoutSignature, $"{parts[0]}.{Base64UrlText.Encode(JsonText.Utf8(changed))}.{parts[2]}", $"{parts[0]}.{parts[1]}.{otherSignature}", "a.b.c", "x", _stage.AdminToken])
        {
            var reply = await _messages.GetAsync("/kbs/v0/resource/default/key/1", bearer: bad);
            Assert.Equal((401, ErrorTypes.TokenVerifierError), await HandshakeMessages.ErrorAsync(reply));
        }
    }

    [Fact]
    public async Task Every_kind_of_nonsense_leaves_the_server_working()
    {
        var (cookie, nonce) = await _messages.AuthAsync();
        var whole = _messages.Evidence(nonce);
        for (var i = 0; i < 300; i++)
        {
            var changed = whole.ToArray();
            for (var times = 0; times <= i % 4; times++)
                changed[RandomNumberGenerator.GetInt32(changed.Length)] = (byte)RandomNumberGenerator.GetInt32(256);
            using var reply = await _messages.PostAsync("attest", Encoding.Latin1.GetString(changed), cookie);
            Assert.True((int)reply.StatusCode is 200 or 400 or 401, $"{(int)reply.StatusCode}");
        }

        var (freshCookie, freshNonce) = await _messages.AuthAsync();
        using var good = await _messages.AttestAsync(freshCookie, freshNonce);
        Assert.Equal(200, (int)good.StatusCode);
    }

    [Fact]
    public async Task The_cookie_stays_with_this_server_and_away_from_scripts()
    {
        using var reply = await _messages.PostAsync("auth", """{"version":"0.4.0","tee":"sample","extra-params":{}}""", null);
        var cookie = reply.Headers.GetValues("Set-Cookie").Single();

        foreach (var attribute in (string[])["; Path=/kbs/v0", "; HttpOnly", "; Secure", "; SameSite=Strict", "; Expires="])
            Assert.Contains(attribute, cookie, StringComparison.Ordinal);
        Assert.True(cookie.Length < 4096);
    }

    public async ValueTask DisposeAsync()
    {
        _messages.Dispose();
        await _stage.DisposeAsync();
    }

    private async Task RefusedAsync(string? cookie, string nonce) =>
        Assert.Equal((401, ErrorTypes.AttestationError), await HandshakeMessages.ErrorAsync(await _messages.AttestAsync(cookie, nonce)));

    // Paths that HttpClient would tidy up before sending.
    private async Task<int> RawStatusAsync(string request)
    {
        var text = await RawAsync(request);
        Assert.Contains(KbsProtocol.ErrorTypePrefix, text, StringComparison.Ordinal);
        return int.Parse(text.Split(' ')[1], null);
    }

    private async Task<string> RawAsync(string request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", _stage.Server.Url.Port);
#pragma warning disable CA5359 // The server is this process; the certificate is tested elsewhere.
        await using var tls = new SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync("localhost");
        await tls.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(tls, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
