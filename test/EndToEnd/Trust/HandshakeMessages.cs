using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Evidence.Sample;
using Nacre.Formats.Jose;

namespace Nacre.EndToEndTests.Trust;

/// <summary>The handshake step by step, for tests that get one of the steps wrong.</summary>
internal sealed class HandshakeMessages(HttpClient http) : IDisposable
{
    public JweKeyPair Key { get; } = JweKeyPair.Create();

    public async Task<(string Cookie, string Nonce)> AuthAsync(string? before = null)
    {
        using var reply = await PostAsync("auth", """{"version":"0.4.0","tee":"sample","extra-params":{}}""", before);
        reply.EnsureSuccessStatusCode();
        var challenge = AuthChallenge.Parse(await reply.Content.ReadAsByteArrayAsync());
        return (Cookie(reply), challenge.Nonce);
    }

    public Task<HttpResponseMessage> AttestAsync(string? cookie, string nonce, string? reportDataNonce = null) =>
        PostAsync("attest", System.Text.Encoding.UTF8.GetString(Evidence(nonce, reportDataNonce)), cookie);

    /// <param name="nonce">Of the session.</param>
    /// <param name="reportDataNonce">In the evidence; the same without it.</param>
    /// <param name="key">Of the guest; <see cref="Key"/> without it.</param>
    public byte[] Evidence(string nonce, string? reportDataNonce = null, JsonWebKey? key = null)
    {
        var reportData = new RuntimeData(reportDataNonce ?? nonce, key ?? Key.PublicKey).PrimaryDigest(HashNames.Sha384, "");
        return new AttestRequest
        {
            RuntimeData = new RuntimeData(nonce, key ?? Key.PublicKey),
            PrimaryEvidence = new SampleEvidence { Svn = "1", ReportData = Convert.ToBase64String(reportData) }.ToJson(),
        }.ToUtf8();
    }

    public async Task<HttpResponseMessage> PostAsync(string path, string body, string? cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/kbs/v0/{path}") { Content = new StringContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        return await http.SendAsync(request);
    }

    public async Task<HttpResponseMessage> GetAsync(string path, string? cookie = null, string? bearer = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        if (bearer is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        return await http.SendAsync(request);
    }

    public static string Cookie(HttpResponseMessage reply) => reply.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

    /// <summary>Every refusal must have this body, or upstream's client reports something else.</summary>
    public static async Task<(int Status, string Type)> ErrorAsync(HttpResponseMessage reply)
    {
        using (reply)
        {
            var text = await reply.Content.ReadAsStringAsync();
            Assert.Equal("application/json", reply.Content.Headers.ContentType?.MediaType);
            var error = JsonNode.Parse(text)!.AsObject();
            Assert.StartsWith(KbsProtocol.ErrorTypePrefix, (string?)error["type"], StringComparison.Ordinal);
            Assert.NotEmpty((string)error["detail"]!);
            Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
            Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
            return ((int)reply.StatusCode, ((string)error["type"]!)[KbsProtocol.ErrorTypePrefix.Length..]);
        }
    }

    public void Dispose()
    {
        Key.Dispose();
        http.Dispose();
    }
}
