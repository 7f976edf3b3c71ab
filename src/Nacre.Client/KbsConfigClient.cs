using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.Client;

/// <summary>
/// The administrator's side of any key broker, upstream's too: only the routes that both have (trust.md 1.11). Every call throws
/// <see cref="KbsException"/> on failure.
/// </summary>
/// <param name="transport">Taken over.</param>
/// <param name="credential">Null for a server that lets everybody in.</param>
public sealed class KbsConfigClient(KbsTransport transport, KbsCredential? credential) : IDisposable
{
    public Task SetAttestationPolicyAsync(string type, string id, string rego, CancellationToken cancel) => PostAsync(
        "attestation-policy", new JsonObject { ["type"] = type, ["policy_id"] = id, ["policy"] = Encode(rego) }, cancel);

    public Task SetResourcePolicyAsync(string rego, CancellationToken cancel) =>
        PostAsync("resource-policy", new JsonObject { ["policy"] = Encode(rego) }, cancel);

    public Task SetResourceAsync(string path, SecretBytes value, CancellationToken cancel) => transport.SendAsync(
        HttpMethod.Post, $"resource/{path}", value.Reveal().ToArray(), "application/octet-stream", credential, cancel);

    public Task DeleteResourceAsync(string path, CancellationToken cancel) =>
        transport.SendAsync(HttpMethod.Delete, $"resource/{path}", null, null, credential, cancel);

    /// <summary>JSON text of the value.</summary>
    public async Task<string> GetReferenceValueAsync(string id, CancellationToken cancel)
    {
        var path = string.Join('/', id.Split('/').Select(Uri.EscapeDataString));
        return Encoding.UTF8.GetString((await transport.SendAsync(HttpMethod.Get, $"reference-value/{path}", null, null, credential, cancel)).Body);
    }

    /// <summary>One value, in a message of the type <c>sample</c> (trust.md 4.2).</summary>
    public Task SetSampleReferenceValueAsync(string name, JsonNode value, CancellationToken cancel) => PostAsync(
        "reference-value",
        new JsonObject
        {
            ["version"] = "0.1.0",
            ["type"] = "sample",
            ["payload"] = Convert.ToBase64String(JsonText.Utf8(new JsonObject { [name] = value })),
        },
        cancel);

    public void Dispose() => transport.Dispose();

    private Task<KbsReply> PostAsync(string path, JsonObject body, CancellationToken cancel) =>
        transport.SendAsync(HttpMethod.Post, path, JsonText.Utf8(body), null, credential, cancel);

    private static string Encode(string rego) => Base64UrlText.Encode(Encoding.UTF8.GetBytes(rego));
}
