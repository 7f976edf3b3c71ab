using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence;

namespace Nacre.Benchmarks.Kbs;

/// <summary>
/// A guest that costs as little as it can: one TEE key for all its handshakes, kept connections, replies looked at but not decrypted.
/// </summary>
internal sealed class LeanGuest : IDisposable
{
    private readonly HttpClient _http;
    private readonly Uri _auth;
    private readonly Uri _attest;
    private readonly string _key;
    private readonly byte[] _offer;
    private readonly Func<byte[], string> _evidence;

    /// <param name="server">Where the trust server is.</param>
    /// <param name="tee">The kind of evidence.</param>
    /// <param name="evidence">Makes it, in JSON, for a digest of 48 bytes.</param>
    public LeanGuest(Uri server, string tee, Func<byte[], string> evidence)
    {
        _offer = Encoding.UTF8.GetBytes($$$"""{"version":"0.4.0","tee":"{{{tee}}}","extra-params":{}}""");
        _evidence = evidence;
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5) })
        {
            BaseAddress = server,
        };
        _auth = new Uri(server, "kbs/v0/auth");
        _attest = new Uri(server, "kbs/v0/attest");
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        _key = $$"""{"alg":"ECDH-ES+A256KW","crv":"P-256","kty":"EC","x":"{{Base64Url(q.X!)}}","y":"{{Base64Url(q.Y!)}}"}""";
    }

    public static LeanGuest WithSample(Uri server) => new(
        server, TeeNames.Sample, digest => $$"""{"report_data":"{{Convert.ToBase64String(digest)}}","svn":"1"}""");

    /// <summary>auth only: what a guest that never comes back costs.</summary>
    public async Task<(string Cookie, string Nonce)> BeginAsync()
    {
        using var response = await SendAsync(HttpMethod.Post, _auth, _offer, cookie: null);
        var challenge = JsonNode.Parse(await response.Content.ReadAsByteArrayAsync())!;
        return (Cookie(response)!, (string)challenge["nonce"]!);
    }

    /// <summary>auth, attest, one resource.</summary>
    public async Task GetResourceAsync(string path) => await ReadAsync(await AttestAsync(), path);

    /// <summary>auth and attest.</summary>
    /// <returns>The cookie of the session.</returns>
    public async Task<string> AttestAsync()
    {
        var (cookie, nonce) = await BeginAsync();
        var runtime = $$"""{"additional-evidence":"","nonce":"{{nonce}}","tee-pubkey":{{_key}}}""";
        var evidence = _evidence(SHA384.HashData(Encoding.UTF8.GetBytes(runtime)));
        var body = $$$"""
            {"init-data":null,"runtime-data":{"nonce":"{{{nonce}}}","tee-pubkey":{{{_key}}}},"tee-evidence":{"primary_evidence":{{{evidence}}},"additional_evidence":""}}
            """;
        using var response = await SendAsync(HttpMethod.Post, _attest, Encoding.UTF8.GetBytes(body), cookie);
        await response.Content.ReadAsByteArrayAsync();
        return Cookie(response) ?? cookie;
    }

    public async Task ReadAsync(string cookie, string path)
    {
        using var response = await SendAsync(HttpMethod.Get, new Uri(_http.BaseAddress!, $"kbs/v0/resource/{path}"), body: null, cookie);
        using var jwe = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        _ = jwe.RootElement.GetProperty("ciphertext").GetString();
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri uri, byte[]? body, string? cookie)
    {
        using var request = new HttpRequestMessage(method, uri);
        if (body is not null)
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        var response = await _http.SendAsync(request);
        return response.IsSuccessStatusCode
            ? response
            : throw new InvalidOperationException($"{uri.AbsolutePath}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    private static string? Cookie(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var values) ? values.First().Split(';')[0] : null;

    private static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
