using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;

namespace Nacre.EndToEndTests.Trust;

/// <summary>
/// What upstream's kbs-client sends, byte for byte with its headers and the order of its members (trust.md 1.4, 1.5, 1.11, 1.14), and what it
/// needs of the answers: 200 and nothing else, a challenge, a token, a JWE, text.
/// </summary>
[Trait("Group", "TrustClient")]
public sealed class UpstreamClientTests
{
    // The sample attester and the policies that come with the client use the older "=" beside "if", without an import.
    private const string AllowResources =
        "package policy\n\ndefault allow = false\n\nwanted = data.plugin\n\nallow if {\n\twanted == \"resource\"\n}\n";
    private const string Affirm = "package policy\n\ntrust_claims = {\"executables\": 3, \"hardware\": 2, \"configuration\": 2}\n";
    private const string DenySample =
        "package policy\n\ndefault allow = false\n\nallow if {\n\tnot input[\"submods\"][\"cpu0\"][\"ear.veraison.annotated-evidence\"][\"sample\"]\n}\n";

    private const string Attestation =
        """{"init-data":null,"runtime-data":{"nonce":"NONCE","tee-pubkey":KEY},"tee-evidence":{"primary_evidence":{"svn":"1","report_data":"DIGEST"},"additional_evidence":""}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_request_of_the_client_is_served(int http)
    {
        await using var stage = await TrustStage.StartAsync(fillsStore: false);
        using var client = stage.RawClient();
        client.DefaultRequestVersion = new Version(http, http == 1 ? 1 : 0);
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        await AdminAsync("POST", "resource/one/two/three", "application/octet-stream", "\0the secret\r\n");
        await AdminAsync("POST", "resource-policy", "application/json", $$"""{"policy":"{{Encode(AllowResources)}}"}""");
        await AdminAsync(
            "POST", "attestation-policy", "application/json",
            $$"""{"type":"rego","policy_id":"default_cpu","policy":"{{Encode(Affirm)}}"}""");
        await AdminAsync(
            "POST", "reference-value", "application/json",
            $$"""{"payload":"{{Convert.ToBase64String("""{"svn":["1"]}"""u8)}}","type":"sample","version":"0.1.0"}""");
        await AdminAsync(
            "POST", "reference-value", "application/json",
            $$"""{"version":"0.1.0","type":"sample","payload":"{{Convert.ToBase64String("""{"major_version":1}"""u8)}}"}""");

        // The client sends a type for the body that this request does not have.
        Assert.Equal("""["1"]""", await AdminAsync("GET", "reference-value/svn", "application/json", null));
        Assert.Equal("1", await AdminAsync("GET", "reference-value/major_version", "application/json", null));
        Assert.Equal("\0the secret\r\n", await AttestAndGetAsync(client));

        await AdminAsync("POST", "resource-policy", "application/json", $$"""{"policy":"{{Encode(DenySample)}}"}""");
        Assert.Null(await AttestAndGetAsync(client));
        await AdminAsync("DELETE", "resource/one/two/three", null, null);

        async Task<string> AdminAsync(string method, string path, string? type, string? body)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), $"/kbs/v0/{path}");
            request.Headers.TryAddWithoutValidation("User-Agent", "kbs-client/0.1.0");
            request.Headers.Accept.ParseAdd("*/*");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", stage.AdminToken);
            if (type is not null)
            {
                request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body ?? ""));
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
                request.Content.Headers.ContentLength = body is null ? null : Encoding.UTF8.GetByteCount(body);
            }

            using var reply = await client.SendAsync(request, Cancel);
            var text = await reply.Content.ReadAsStringAsync(Cancel);
            Assert.True(reply.StatusCode == HttpStatusCode.OK, $"{method} {path}: {(int)reply.StatusCode} {text}");
            return text;
        }
    }

    // As the guest library does it: cookie jar, no init-data, the error body of any status but 200.
    private static async Task<string?> AttestAndGetAsync(HttpClient client)
    {
        // It asks before it attests, and begins a handshake only on 401 with the body of an error.
        var first = await GuestAsync(client, "GET", "resource/one/two/three", null, null);
        Assert.Equal((HttpStatusCode.Unauthorized, true), (first.Status, first.Json["type"] is not null && first.Json["detail"] is not null));

        using var key = JweKeyPair.Create();
        var auth = await GuestAsync(client, "POST", "auth", null,
            """{"version":"0.4.0","tee":"sample","extra-params":{"supported-hash-algorithms":["sha256","sha384","sha512","sm3"]}}""");
        Assert.Equal(["nonce", "extra-params"], auth.Json.AsObject().Select(member => member.Key));
        Assert.Equal("", (string?)auth.Json["extra-params"]);
        var nonce = (string)auth.Json["nonce"]!;

        var jwk = key.PublicKey.ToJson();
        var publicKey = $$"""{"kty":"EC","crv":"P-256","alg":"ECDH-ES+A256KW","x":"{{(string?)jwk["x"]}}","y":"{{(string?)jwk["y"]}}"}""";
        var digest = Convert.ToBase64String(new RuntimeData(nonce, key.PublicKey).PrimaryDigest(HashNames.Sha384, ""));
        var attest = await GuestAsync(client, "POST", "attest", auth.Cookie, Attestation
            .Replace("NONCE", nonce, StringComparison.Ordinal).Replace("KEY", publicKey, StringComparison.Ordinal)
            .Replace("DIGEST", digest, StringComparison.Ordinal));
        Assert.Equal(3, ((string)attest.Json["token"]!).Split('.').Length);

        var (status, json, _) = await GuestAsync(client, "GET", "resource/one/two/three", attest.Cookie, null);
        if (status == HttpStatusCode.OK)
            return Encoding.UTF8.GetString(JsonWebEncryption.Decrypt(key, JsonText.Utf8(json)).Reveal());

        Assert.NotNull((string?)json["type"]);
        Assert.NotNull((string?)json["detail"]);
        return null;
    }

    private static async Task<(HttpStatusCode Status, JsonNode Json, string? Cookie)> GuestAsync(
        HttpClient client, string method, string path, string? cookie, string? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/kbs/v0/{path}");
        request.Headers.TryAddWithoutValidation("User-Agent", "attestation-agent-kbs-client/0.1.0");
        request.Headers.Accept.ParseAdd("*/*");
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var reply = await client.SendAsync(request, Cancel);
        var json = JsonNode.Parse(await reply.Content.ReadAsStringAsync(Cancel))!;
        return (reply.StatusCode, json, reply.Headers.Contains("Set-Cookie") ? HandshakeMessages.Cookie(reply) : cookie);
    }

    private static string Encode(string rego) => Base64UrlText.Encode(Encoding.UTF8.GetBytes(rego));
}
