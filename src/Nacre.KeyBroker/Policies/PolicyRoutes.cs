using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Resources;
using Nacre.Rego;

namespace Nacre.KeyBroker.Policies;

/// <summary>Upstream's policy routes (trust.md 1.11), and ours that give the text back.</summary>
public sealed class PolicyRoutes(PolicyStore<AttestationPolicy> attestation, PolicyStore<ReleasePolicy> release)
{
    private const string AttestationKind = "attestation";
    private const string ResourceKind = "resource";

    public IEnumerable<Route> Create()
    {
        yield return new("POST", "kbs/v0/attestation-policy", Access.WritePolicy, SetAttestationAsync);
        yield return new("POST", "kbs/v0/resource-policy", Access.WritePolicy, SetReleaseAsync);
        yield return new("GET", "kbs/v0/resource-policy", Access.View, async (_, cancel) =>
            KbsReply.Of(new JsonArray([.. (await release.ListAsync(cancel)).Select(policy => (JsonNode)policy.Document.Id)])));
        yield return new("GET", "kbs/v0/admin/policies", Access.View, ListAsync);
        yield return new("GET", "kbs/v0/admin/policies/{kind}/{id}", Access.View, GetAsync);
    }

    private async ValueTask<KbsReply> SetAttestationAsync(KbsCall call, CancellationToken cancel)
    {
        using var document = StrictJson.Parse(call.Body, "kbs.policy", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("kbs.policy", document.RootElement);
        fields.Only("type", "policy_id", "policy");
        var id = fields.Text("policy_id", 128);
        if (!PolicyDocument.IsId(id))
            throw fields.Malformed("policy_id", "must be 1 to 128 of a-z A-Z 0-9 - _ . and not begin with a dot");
        await SetAsync(attestation, new PolicyDocument(id, Text(fields)), cancel);
        return KbsReply.Empty;
    }

    private async ValueTask<KbsReply> SetReleaseAsync(KbsCall call, CancellationToken cancel)
    {
        using var document = StrictJson.Parse(call.Body, "kbs.policy", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("kbs.policy", document.RootElement);
        fields.Only("policy");
        await SetAsync(release, new PolicyDocument(ReleasePolicy.Id, Text(fields)), cancel);
        return KbsReply.Empty;
    }

    private async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel)
    {
        var policies = new JsonArray();
        foreach (var policy in await attestation.ListAsync(cancel))
            policies.Add((JsonNode)Describe(AttestationKind, policy.Document));
        foreach (var policy in await release.ListAsync(cancel))
            policies.Add((JsonNode)Describe(ResourceKind, policy.Document));
        return KbsReply.Of(new JsonObject { ["policies"] = policies });
    }

    private async ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel)
    {
        var document = call["kind"] switch
        {
            AttestationKind => (await attestation.FindAsync(call["id"], cancel))?.Document,
            ResourceKind => (await release.FindAsync(call["id"], cancel))?.Document,
            _ => null,
        };
        if (document is null)
            throw KbsProblemException.NotFound($"there is no {call["kind"]} policy '{call["id"]}'");

        var description = Describe(call["kind"], document);
        description["policy"] = document.Text;
        return KbsReply.Of(description);
    }

    private static async ValueTask SetAsync<T>(PolicyStore<T> policies, PolicyDocument policy, CancellationToken cancel)
        where T : class
    {
        try
        {
            await policies.SetAsync(policy, cancel);
        }
        catch (RegoException e)
        {
            throw new KbsProblemException(400, ErrorTypes.ParsePolicyError, $"Failed to parse policy: {e.Message}", null, e);
        }
    }

    private static JsonObject Describe(string kind, PolicyDocument policy) =>
        new() { ["kind"] = kind, ["id"] = policy.Id, ["digest"] = policy.Digest };

    private static string Text(JsonFields fields)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(fields.Base64Url("policy", PolicyDocument.MaxBytes));
        }
        catch (DecoderFallbackException)
        {
            throw fields.Malformed("policy", "must be UTF-8");
        }
    }
}
