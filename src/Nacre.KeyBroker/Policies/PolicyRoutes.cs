using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Approvals;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Resources;
using Nacre.Rego;

namespace Nacre.KeyBroker.Policies;

/// <summary>
/// Upstream's policy routes (trust.md 1.11), and ours: policies by kind and id with their text, their versions and the way back.
/// </summary>
public sealed class PolicyRoutes
{
    private readonly PolicySet _attestation;
    private readonly PolicySet _release;
    private readonly PolicyApprovals _approvals;
    private readonly TimeProvider _clock;

    public PolicyRoutes(
        PolicyStore<AttestationPolicy> attestation, PolicyStore<ReleasePolicy> release, ProposalStore proposals, BrokerOptions options,
        TimeProvider clock)
    {
        _attestation = new PolicySet<AttestationPolicy>("attestation", attestation, PolicyDocument.IsId, policy => policy.Warnings());
        _release = new PolicySet<ReleasePolicy>(
            "resource", release, id => id == ReleasePolicy.Id || ReleasePolicies.IsPath(id), policy => policy.Warnings());
        _approvals = new PolicyApprovals(proposals, [_attestation, _release], options, clock);
        _clock = clock;
    }

    public IEnumerable<Route> Create()
    {
        yield return new("POST", "kbs/v0/attestation-policy", Access.WritePolicy, SetAttestationAsync);
        yield return new("POST", "kbs/v0/resource-policy", Access.WritePolicy, SetReleaseAsync);
        yield return new("GET", "kbs/v0/resource-policy", Access.View, async (_, cancel) =>
            KbsReply.Of(new JsonArray([.. (await _release.ListAsync(cancel)).Select(policy => (JsonNode)policy.Id)])));
        yield return new("GET", "kbs/v0/admin/policies", Access.View, ListAsync);
        yield return new("GET", "kbs/v0/admin/policies/{kind}/{**id}", Access.View, GetAsync);
        yield return new("POST", "kbs/v0/admin/policies/{kind}/{**id}", Access.WritePolicy, SetAsync);
        yield return new("DELETE", "kbs/v0/admin/policies/{kind}/{**id}", Access.WritePolicy, DeleteAsync);
        yield return new("GET", "kbs/v0/admin/policy-history/{kind}/{**id}", Access.View, HistoryAsync);
        yield return new("POST", "kbs/v0/admin/policy-rollback/{kind}/{**id}", Access.WritePolicy, RollBackAsync);
        foreach (var route in _approvals.Create())
            yield return route;
    }

    private async ValueTask<KbsReply> SetAttestationAsync(KbsCall call, CancellationToken cancel)
    {
        _approvals.RequireNone();
        await _attestation.SetAsync(PolicyBody.ParseAttestation(call.Body), ChangeBy(call), cancel);
        return KbsReply.Empty;
    }

    private async ValueTask<KbsReply> SetReleaseAsync(KbsCall call, CancellationToken cancel)
    {
        _approvals.RequireNone();
        await _release.SetAsync(PolicyBody.Parse(call.Body, ReleasePolicy.Id), ChangeBy(call), cancel);
        return KbsReply.Empty;
    }

    private async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel)
    {
        var policies = new JsonArray();
        foreach (var set in (PolicySet[])[_attestation, _release])
        {
            foreach (var policy in await set.ListAsync(cancel))
                policies.Add((JsonNode)Describe(set, policy));
        }

        return KbsReply.Of(new JsonObject { ["policies"] = policies });
    }

    private async ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel)
    {
        var set = SetOf(call);
        var policy = await set.FindAsync(call["id"], cancel) ?? throw NotFound(call);
        var description = Describe(set, policy);
        description["policy"] = policy.Text;
        return KbsReply.Of(description);
    }

    private async ValueTask<KbsReply> SetAsync(KbsCall call, CancellationToken cancel)
    {
        var policy = PolicyBody.Parse(call.Body, call["id"]);
        if (_approvals.AreRequired)
            return await _approvals.ProposeAsync(SetOf(call), policy.Id, policy, null, call, cancel);
        return Changed(policy, await SetOf(call).SetAsync(policy, ChangeBy(call), cancel));
    }

    private async ValueTask<KbsReply> DeleteAsync(KbsCall call, CancellationToken cancel)
    {
        var set = SetOf(call);
        if (set == _release && call["id"] == ReleasePolicy.Id)
            throw new KbsProblemException(409, ErrorTypes.Conflict, "the resource policy for all paths can be replaced, not deleted");
        if (_approvals.AreRequired)
            return await _approvals.ProposeAsync(set, call["id"], null, "deleted", call, cancel);
        return await set.DeleteAsync(call["id"], ChangeBy(call, "deleted"), cancel) ? KbsReply.Empty : throw NotFound(call);
    }

    private async ValueTask<KbsReply> HistoryAsync(KbsCall call, CancellationToken cancel)
    {
        var set = SetOf(call);
        if (call.Query.TryGetValue("version", out var number))
        {
            var version = await FindAsync(set, call, Number(number), cancel);
            var json = version.ToJson();
            json["policy"] = version.Policy?.Text;
            return KbsReply.Of(json);
        }

        var versions = await set.HistoryAsync(call["id"], cancel);
        return versions.Count > 0
            ? KbsReply.Of(new JsonObject { ["versions"] = new JsonArray([.. versions.Select(version => version.ToJson())]) })
            : throw NotFound(call);
    }

    private async ValueTask<KbsReply> RollBackAsync(KbsCall call, CancellationToken cancel)
    {
        using var document = StrictJson.Parse(call.Body, "kbs.rollback", KbsProtocol.MaxMessageBytes);
        var fields = new JsonFields("kbs.rollback", document.RootElement);
        fields.Only("to");
        if (fields.Any("to") is not { ValueKind: System.Text.Json.JsonValueKind.Number } to || !to.TryGetInt32(out var number))
            throw fields.Malformed("to", "must be the number of a version");

        var set = SetOf(call);
        var policy = (await FindAsync(set, call, number, cancel)).Policy
            ?? throw new KbsProblemException(409, ErrorTypes.Conflict, $"version {number} of {call["id"]} is a deletion");
        if (_approvals.AreRequired)
            return await _approvals.ProposeAsync(set, policy.Id, policy, $"rollback to {number}", call, cancel);
        return Changed(policy, await set.SetAsync(policy, ChangeBy(call, $"rollback to {number}"), cancel));
    }

    private PolicySet SetOf(KbsCall call)
    {
        var set = call["kind"] == _attestation.Kind ? _attestation : call["kind"] == _release.Kind ? _release : throw NotFound(call);
        return set.IsId(call["id"]) ? set : throw KbsProblemException.Malformed(
            $"'{call["id"]}' is no id of {set.Kind} policies; it is names of a-z A-Z 0-9 - _ . that do not begin with a dot, such as "
            + (set == _release ? $"{ReleasePolicy.Id} or resource/default" : "default_cpu"));
    }

    private static async ValueTask<PolicyVersion> FindAsync(PolicySet set, KbsCall call, int number, CancellationToken cancel) =>
        await set.FindVersionAsync(call["id"], number, cancel)
        ?? throw KbsProblemException.NotFound($"there is no version {number} of the {set.Kind} policy '{call["id"]}'");

    private PolicyChange ChangeBy(KbsCall call, string? note = null) => new(call.Admin!.Name, _clock.GetUtcNow(), note);

    private static KbsReply Changed(PolicyDocument policy, (int Version, IReadOnlyList<RegoError> Warnings) change) =>
        KbsReply.Of(new JsonObject
        {
            ["id"] = policy.Id,
            ["version"] = change.Version,
            ["digest"] = policy.Digest,
            ["warnings"] = Warnings(change.Warnings),
        });

    internal static JsonArray Warnings(IEnumerable<RegoError> warnings) =>
        [.. warnings.Select(warning => (JsonNode)$"{warning.File}:{warning.Line}:{warning.Column}: {warning.Message}")];

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number : throw KbsProblemException.Malformed($"'{text}' is no number of a version");

    private static KbsProblemException NotFound(KbsCall call) =>
        KbsProblemException.NotFound($"there is no {call["kind"]} policy '{call["id"]}'");

    private static JsonObject Describe(PolicySet set, PolicyDocument policy) =>
        new() { ["kind"] = set.Kind, ["id"] = policy.Id, ["digest"] = policy.Digest };
}
