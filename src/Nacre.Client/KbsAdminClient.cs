using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Client;

public enum PolicyKind
{
    /// <summary>May a resource be released to this guest?</summary>
    Resource,

    /// <summary>Which trust claims does this evidence deserve?</summary>
    Attestation,
}

/// <summary>The administrator's side of the key broker. Every call throws <see cref="KbsException"/> on failure.</summary>
/// <param name="transport">Disposed with this object.</param>
/// <param name="adminToken">Null for who is known by a client certificate.</param>
public sealed class KbsAdminClient(KbsTransport transport, string? adminToken) : IDisposable
{
    private readonly KbsCredential? _credential = adminToken is null ? null : KbsCredential.Bearer(adminToken);

    public Task PutResourceAsync(ResourceUri uri, SecretBytes value, CancellationToken cancel) =>
        transport.SendAsync(
            HttpMethod.Post, $"resource/{uri.Path}", value.Reveal().ToArray(), "application/octet-stream", _credential, cancel);

    public Task DeleteResourceAsync(ResourceUri uri, CancellationToken cancel) =>
        transport.SendAsync(HttpMethod.Delete, $"resource/{uri.Path}", null, null, _credential, cancel);

    /// <summary><c>{"resources":[{"path","bytes","version"}]}</c>; never a value.</summary>
    public Task<JsonObject> ListResourcesAsync(CancellationToken cancel) => GetAsync("admin/resources", cancel);

    /// <summary><c>{"id","version","digest","warnings":[…]}</c>, or a proposal where others must approve it first.</summary>
    /// <param name="kind">Which policy.</param>
    /// <param name="id">For attestation such as <c>default_cpu</c> (null), for resources <c>resource-policy</c> (null) or a path such as
    /// <c>resource/default</c>.</param>
    /// <param name="rego">The policy's text.</param>
    /// <param name="cancel">Stops the exchange.</param>
    public Task<JsonObject> SetPolicyAsync(PolicyKind kind, string? id, string rego, CancellationToken cancel) =>
        ExchangeAsync(
            HttpMethod.Post,
            Policy("policies", kind, id ?? (kind == PolicyKind.Attestation ? "default_cpu" : "resource-policy")),
            PolicyBody(rego), cancel);

    /// <summary>The proposal, where others must approve it first; null when the policy is deleted.</summary>
    public async Task<JsonObject?> DeletePolicyAsync(PolicyKind kind, string id, CancellationToken cancel)
    {
        var reply = await transport.SendAsync(HttpMethod.Delete, Policy("policies", kind, id), null, null, _credential, cancel);
        return reply.Body.Length == 0 ? null : Parse(reply);
    }

    /// <summary>
    /// <c>{"proposals":[{"proposal","state","kind","id","digest","note","author","at","expires","approvals","needed"}]}</c>, newest first.
    /// </summary>
    public Task<JsonObject> ListProposalsAsync(CancellationToken cancel) => GetAsync("admin/proposals", cancel);

    /// <summary>One of the list, with its text.</summary>
    public Task<JsonObject> GetProposalAsync(string id, CancellationToken cancel) =>
        GetAsync($"admin/proposals/{Uri.EscapeDataString(id)}", cancel);

    /// <summary>One of the list; with <c>version</c> when this was the last approval that it needed.</summary>
    public Task<JsonObject> ApproveProposalAsync(string id, CancellationToken cancel) =>
        ExchangeAsync(HttpMethod.Post, $"admin/proposals/{Uri.EscapeDataString(id)}/approve", null, cancel);

    public Task<JsonObject> RejectProposalAsync(string id, CancellationToken cancel) =>
        ExchangeAsync(HttpMethod.Post, $"admin/proposals/{Uri.EscapeDataString(id)}/reject", null, cancel);

    /// <summary><c>{"versions":[{"version","digest","at","author","note"?}]}</c>, the newest last.</summary>
    public Task<JsonObject> GetPolicyHistoryAsync(PolicyKind kind, string id, CancellationToken cancel) =>
        GetAsync(Policy("policy-history", kind, id), cancel);

    /// <summary>One version with its text.</summary>
    public Task<JsonObject> GetPolicyVersionAsync(PolicyKind kind, string id, int version, CancellationToken cancel) =>
        GetAsync($"{Policy("policy-history", kind, id)}?version={version}", cancel);

    /// <summary>As <see cref="SetPolicyAsync"/> with the text of an earlier version.</summary>
    public Task<JsonObject> RollBackPolicyAsync(PolicyKind kind, string id, int version, CancellationToken cancel) =>
        ExchangeAsync(HttpMethod.Post, Policy("policy-rollback", kind, id), new JsonObject { ["to"] = version }, cancel);

    /// <summary>What a text would decide otherwise, of what was recorded: <c>{"evaluated","changed":[…]}</c>.</summary>
    public Task<JsonObject> DryRunPolicyAsync(PolicyKind kind, string id, string rego, CancellationToken cancel) =>
        ExchangeAsync(HttpMethod.Post, Policy("policy-dry-run", kind, id), PolicyBody(rego), cancel);

    /// <summary><c>{"policies":[{"kind","id","digest"}]}</c>.</summary>
    public Task<JsonObject> ListPoliciesAsync(CancellationToken cancel) => GetAsync("admin/policies", cancel);

    /// <summary><c>{"kind","id","digest","policy"}</c> with the text.</summary>
    public Task<JsonObject> GetPolicyAsync(PolicyKind kind, string id, CancellationToken cancel) =>
        GetAsync(Policy("policies", kind, id), cancel);

    /// <summary>Registers values by name, all or none, in upstream's message (trust.md 4.2).</summary>
    public Task AddReferenceValuesAsync(JsonObject values, CancellationToken cancel)
    {
        var message = new JsonObject
        {
            ["version"] = "0.1.0",
            ["type"] = "sample",
            ["payload"] = Convert.ToBase64String(JsonText.Utf8(values)),
        };
        return transport.SendAsync(HttpMethod.Post, "reference-value", JsonText.Utf8(message), null, _credential, cancel);
    }

    /// <summary><c>{"reference-values":[{"name","value","expiration"}]}</c>.</summary>
    public Task<JsonObject> ListReferenceValuesAsync(CancellationToken cancel) => GetAsync("admin/reference-values", cancel);

    public Task DeleteReferenceValueAsync(string name, CancellationToken cancel) =>
        transport.SendAsync(HttpMethod.Delete, $"admin/reference-values/{Uri.EscapeDataString(name)}", null, null, _credential, cancel);

    /// <summary><c>{"attempts":[…]}</c>, newest first.</summary>
    public Task<JsonObject> ListAttemptsAsync(CancellationToken cancel) => GetAsync("admin/attempts", cancel);

    /// <summary>The whole story of one refused or failed attempt.</summary>
    public Task<JsonObject> GetAttemptAsync(string id, CancellationToken cancel) =>
        GetAsync($"admin/attempts/{Uri.EscapeDataString(id)}", cancel);

    /// <summary><c>{"lines":[…]}</c>: the newest of what the server recorded, the newest last.</summary>
    /// <param name="since">A time as RFC 3339 writes it; null for all.</param>
    /// <param name="reference">Only what has this id; null for all.</param>
    /// <param name="cancel">Stops the exchange.</param>
    public Task<JsonObject> ListAuditAsync(string? since, string? reference, CancellationToken cancel) =>
        GetAsync($"admin/audit?{Query("since", since)}{Query("reference", reference)}", cancel);

    /// <summary><c>{"CHAIN":{"segment","seq","hash"}}</c>: a line that each audit chain had reached.</summary>
    public Task<JsonObject> GetAuditHeadsAsync(CancellationToken cancel) => GetAsync("admin/audit/heads", cancel);

    /// <summary>A token for another administrator: <c>{"token","id","expires"}</c>.</summary>
    /// <param name="request"><c>{"role","seconds","subject"?,"path"?,"methods"?}</c>.</param>
    /// <param name="cancel">Stops the exchange.</param>
    public Task<JsonObject> CreateTokenAsync(JsonObject request, CancellationToken cancel) =>
        ExchangeAsync(HttpMethod.Post, "admin/tokens", request, cancel);

    /// <summary>The server's operator: <c>{"tenants":[{"name","id","created","ending"}]}</c>.</summary>
    public Task<JsonObject> ListTenantsAsync(CancellationToken cancel) => GetAsync("admin/tenants", cancel);

    /// <summary>One of the list. The tenant's URL is the server's with <c>/tenants/NAME</c>.</summary>
    public Task<JsonObject> CreateTenantAsync(string name, CancellationToken cancel) =>
        ExchangeAsync(HttpMethod.Post, $"admin/tenants/{Uri.EscapeDataString(name)}", null, cancel);

    /// <summary>With everything that it has; the server refuses without <paramref name="force"/>.</summary>
    public Task DeleteTenantAsync(string name, bool force, CancellationToken cancel) => transport.SendAsync(
        HttpMethod.Delete, $"admin/tenants/{Uri.EscapeDataString(name)}{(force ? "?force=true" : "")}", null, null, _credential, cancel);

    /// <summary>As <see cref="CreateTokenAsync"/>, for an administrator of a tenant.</summary>
    public Task<JsonObject> CreateTenantTokenAsync(string tenant, JsonObject request, CancellationToken cancel) =>
        ExchangeAsync(HttpMethod.Post, $"admin/tenants/{Uri.EscapeDataString(tenant)}/tokens", request, cancel);

    /// <summary><c>{"keys":[{"kid","alg","use","since","until"}]}</c>: the keys of attestation tokens, never their private halves.</summary>
    public Task<JsonObject> ListTokenKeysAsync(CancellationToken cancel) => GetAsync("admin/token-keys", cancel);

    /// <summary>The next key signs from now on; as <see cref="ListTokenKeysAsync"/>.</summary>
    public Task<JsonObject> RotateTokenKeysAsync(CancellationToken cancel) => ExchangeAsync(HttpMethod.Post, "admin/token-keys", [], cancel);

    /// <summary>Nothing that this key signed is believed any more.</summary>
    public Task DropTokenKeyAsync(string keyId, CancellationToken cancel) =>
        transport.SendAsync(HttpMethod.Delete, $"admin/token-keys/{Uri.EscapeDataString(keyId)}", null, null, _credential, cancel);

    public void Dispose() => transport.Dispose();

    // The parts of an id are checked by the server; a slash between them stays one.
    private static string Policy(string noun, PolicyKind kind, string id) =>
        $"admin/{noun}/{(kind == PolicyKind.Attestation ? "attestation" : "resource")}/"
        + $"{string.Join('/', id.Split('/').Select(Uri.EscapeDataString))}";

    private static JsonObject PolicyBody(string rego) => new() { ["policy"] = Base64UrlText.Encode(Encoding.UTF8.GetBytes(rego)) };

    private static string Query(string name, string? value) => value is null ? "" : $"{name}={Uri.EscapeDataString(value)}&";

    private Task<JsonObject> GetAsync(string path, CancellationToken cancel) => ExchangeAsync(HttpMethod.Get, path, null, cancel);

    private async Task<JsonObject> ExchangeAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancel)
    {
        var reply = await transport.SendAsync(
            method, path, body is null ? (ReadOnlyMemory<byte>?)null : JsonText.Utf8(body), null, _credential, cancel);
        return Parse(reply);
    }

    private static JsonObject Parse(KbsReply reply)
    {
        try
        {
            using var document = StrictJson.Parse(reply.Body, "kbs.admin", 64 * 1024 * 1024);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? JsonObject.Create(document.RootElement.Clone())!
                : throw new KbsException(KbsFailure.Protocol, "the server's reply is no JSON object");
        }
        catch (MalformedDataException e)
        {
            throw new KbsException(KbsFailure.Protocol, $"the server's reply cannot be read: {e.Message}", e);
        }
    }
}
