using System.Text.Json.Nodes;
using Nacre.Attestation;
using Nacre.Attestation.Appraisal;
using Nacre.Attestation.Policies;
using Nacre.Attestation.ReferenceValues;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Attempts;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Resources;
using Nacre.Rego;

namespace Nacre.KeyBroker.Policies;

/// <summary>
/// Tries a policy on what was recorded and says what it would decide otherwise than the one in force. Both see the reference values and
/// the labels of now, so that only the policy makes the difference; nothing is changed. A slow policy is tried on as many, from the newest,
/// as 15 seconds allow.
/// </summary>
public sealed class PolicyDryRun(
    DecisionStore decisions, AttestationService? attestation, PolicyStore<ReleasePolicy> release, ResourceService resources,
    TimeProvider clock)
{
    private const int MaxTold = 200;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    public IEnumerable<Route> Create()
    {
        yield return new("POST", "kbs/v0/admin/policy-dry-run/{kind}/{**id}", Access.View, RunAsync);
    }

    private async ValueTask<KbsReply> RunAsync(KbsCall call, CancellationToken cancel)
    {
        var policy = PolicyBody.Parse(call.Body, call["id"]);
        var until = clock.GetUtcNow() + s_patience;
        try
        {
            return call["kind"] switch
            {
                "attestation" when attestation is { RemoteReferences: null } => Report(await AppraiseAsync(attestation, policy, until, cancel)),
                "attestation" => throw new KbsProblemException(
                    501, ErrorTypes.AttestationError,
                    "evidence is appraised by another service, or with its reference values; try attestation policies there"),
                "resource" => Report(await ReleaseAsync(new StoredPolicy<ReleasePolicy>(policy, release.Compile(policy)), until, cancel)),
                _ => throw KbsProblemException.NotFound($"there are no {call["kind"]} policies"),
            };
        }
        catch (RegoException e)
        {
            throw PolicySet.Unusable(e);
        }
    }

    private async ValueTask<List<JsonObject>> AppraiseAsync(
        AttestationService service, PolicyDocument document, DateTimeOffset until, CancellationToken cancel)
    {
        var id = document.Id;
        var candidate = service.Policies.Compile(document);
        var current = (await service.Policies.FindAsync(id, cancel))?.Compiled;
        var snapshot = await service.References.SnapshotAsync(cancel);
        var results = new List<JsonObject>();
        await foreach (var (appraisal, record) in decisions.AppraisalsAsync(cancel))
        {
            if (clock.GetUtcNow() >= until)
                break;

            foreach (var (name, submodule) in record["claims"]?["submods"] as JsonObject ?? [])
            {
                if (submodule?["ear.veraison.annotated-evidence"] is not JsonObject claims || !HasDecided(submodule, name, id))
                    continue;

                var result = Result(Judge(current, claims, snapshot, cancel), Judge(candidate, claims, snapshot, cancel));
                result["at"] = record["at"]?.DeepClone();
                result["appraisal"] = appraisal;
                result["subject"] = name;
                results.Add(result);
            }
        }

        return results;
    }

    // Records of earlier versions name only the set of policies.
    private static bool HasDecided(JsonNode submodule, string name, string id) =>
        submodule["ear.nacre.appraisal-policies"] is JsonArray policies
            ? policies.Any(policy => (string?)policy?["id"] == id)
            : $"{submodule["ear.appraisal-policy-id"]}_{name.TrimEnd("0123456789".ToCharArray())}" == id;

    private async ValueTask<List<JsonObject>> ReleaseAsync(
        StoredPolicy<ReleasePolicy> candidate, DateTimeOffset until, CancellationToken cancel)
    {
        var id = candidate.Document.Id;
        var current = await release.AllAsync(cancel);
        var tried = new Dictionary<string, StoredPolicy<ReleasePolicy>>(current) { [id] = candidate };
        var appraisals = new Dictionary<string, JsonObject>();
        await foreach (var (appraisal, record) in decisions.AppraisalsAsync(cancel))
        {
            if (record["claims"] is JsonObject claims)
                appraisals[appraisal] = claims;
        }

        var results = new List<JsonObject>();
        await foreach (var (_, record) in decisions.ReleasesAsync(cancel))
        {
            if (clock.GetUtcNow() >= until)
                break;

            var request = resources.Describing(ReleaseRequest.Parse(record["request"]!.AsObject()));
            if (!appraisals.TryGetValue((string)record["appraisal"]!, out var claims) || ReleasePolicies.For(tried, request) != candidate)
                continue;

            var before = await DecideAsync(ReleasePolicies.For(current, request), claims, request, cancel);
            var result = Result(before, await DecideAsync(candidate, claims, request, cancel));
            result["at"] = record["at"]?.DeepClone();
            result["appraisal"] = record["appraisal"]?.DeepClone();
            result["subject"] = request.FullPath;
            results.Add(result);
        }

        return results;
    }

    private string Judge(AttestationPolicy? policy, JsonObject claims, ReferenceValueSnapshot snapshot, CancellationToken cancel)
    {
        try
        {
            return policy is null ? "no policy" : Describe(policy.Judge(claims, snapshot, clock.GetUtcNow(), cancel));
        }
        catch (Exception e) when (e is RegoException or PolicyResultException)
        {
            return $"cannot decide: {e.Message}";
        }
    }

    private static async ValueTask<string> DecideAsync(
        StoredPolicy<ReleasePolicy>? policy, JsonObject claims, ReleaseRequest request, CancellationToken cancel)
    {
        try
        {
            return policy is not null && (await policy.Compiled.DecideAsync(claims, request, cancel)).IsAllowed ? "allowed" : "denied";
        }
        catch (RegoException e)
        {
            return $"denied: cannot decide: {e.Message}";
        }
    }

    // Status first; then the claims that assert something, for two vectors may have one status.
    private static string Describe(TrustVector vector)
    {
        var asserted = vector.Claims.Where(claim => claim.Value != 0).Select(claim => $"{claim.Name} {claim.Value}");
        return $"{vector.Status.ToString().ToLowerInvariant()} ({string.Join(", ", asserted)})";
    }

    private static JsonObject Result(string before, string after) => new() { ["before"] = before, ["after"] = after };

    private static KbsReply Report(List<JsonObject> results)
    {
        var changed = results.Where(result => (string?)result["before"] != (string?)result["after"]).ToList();
        return KbsReply.Of(new JsonObject
        {
            ["evaluated"] = results.Count,
            ["changes"] = changed.Count,
            ["changed"] = new JsonArray([.. changed.Take(MaxTold)]),
        });
    }
}
