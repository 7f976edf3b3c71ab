using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Attestation.Remote;
using Nacre.Attestation.Tokens;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Attempts;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Metrics;
using Nacre.KeyBroker.Plugins.SecretManagers;
using Nacre.KeyBroker.Resources;
using Nacre.KeyBroker.Sessions;
using Nacre.Rego;

namespace Nacre.KeyBroker.Releases;

/// <summary>
/// What stands between a guest and everything that is released to it: who asks, then whether policy gives it; the answer is encrypted to the
/// key in the claims (trust.md 1.8). A guest that is denied learns nothing of what exists, so ask here before looking anything up.
/// </summary>
public sealed class ReleaseGate(
    PolicyStore<ReleasePolicy> policies, GuestSessions guests, AttemptStore attempts, AuditLog audit,
    DecisionStore decisions, BrokerMetrics metrics, BrokerOptions options, TimeProvider clock)
{
    /// <summary>The claims of a guest to which policy releases what it asks for.</summary>
    /// <exception cref="KbsProblemException">401 for who is not attested, 403 for whom policy denies; the refusal is recorded.</exception>
    public async ValueTask<JsonObject> RequireAsync(KbsCall call, ReleaseRequest request, CancellationToken cancel)
    {
        var claims = await guests.RequireAsync(call, cancel);
        await RequireReleaseAsync(claims, request, cancel);
        return claims;
    }

    /// <summary>A refusal for a rule of a plugin's own, recorded and told as those of policy are.</summary>
    public ValueTask<KbsProblemException> DenyAsync(JsonObject claims, ReleaseRequest request, string reason, CancellationToken cancel) =>
        DenyAsync(claims, request, null, reason, cancel);

    /// <summary>What the guest may have cannot be had now: 503 for the guest, the reason for administrators under the reference.</summary>
    public async ValueTask<KbsProblemException> FailAsync(
        JsonObject claims, ReleaseRequest request, BackendException reason, CancellationToken cancel)
    {
        var id = await RecordAsync(claims, request, AttemptKind.ReleaseFailed, null, [reason.Message], null, cancel);
        return new KbsProblemException(503, ErrorTypes.Unavailable, "what is asked for cannot be read now; try again later", id, reason)
        {
            RetryAfter = BackendException.Pause,
        };
    }

    /// <summary>The answer with a secret in it, for the guest alone; the audit record has the secret's MAC.</summary>
    /// <exception cref="KbsProblemException">401 when the claims have no key to encrypt to.</exception>
    public KbsReply Encrypt(JsonObject claims, ReadOnlySpan<byte> secret)
    {
        try
        {
            return KbsReply.OfJson(JsonWebEncryption.Encrypt(RecipientOf(claims), secret)) with { SecretMac = audit.Mac(secret) };
        }
        catch (MalformedDataException e)
        {
            throw new KbsProblemException(401, ErrorTypes.JweError, $"JWE failed: {e.Message}", null, e);
        }
    }

    private async ValueTask RequireReleaseAsync(JsonObject claims, ReleaseRequest request, CancellationToken cancel)
    {
        var policy = ReleasePolicies.For(await policies.AllAsync(cancel), request)
            ?? throw new KbsProblemException(403, ErrorTypes.PolicyDeny, "Access denied by policy: there is no resource policy");
        ReleaseDecision decision;
        try
        {
            decision = await policy.Compiled.DecideAsync(claims, request, cancel);
        }
        catch (RegoException e)
        {
            // A policy that cannot decide does not allow.
            metrics.PolicyFailed();
            decision = ReleaseDecision.Denied($"the policy could not decide: {e.Message}");
        }

        decisions.RecordRelease(IdOf(claims), request, decision.IsAllowed, clock.GetUtcNow());
        if (!decision.IsAllowed)
            throw await DenyAsync(claims, request, policy.Compiled, decision, cancel);
    }

    private ValueTask<KbsProblemException> DenyAsync(
        JsonObject claims, ReleaseRequest request, ReleasePolicy policy, ReleaseDecision decision, CancellationToken cancel)
    {
        var document = policy.Document;
        return DenyAsync(
            claims, request, $"{document.FileName} {document.Digest}", $"{document.FileName} does not allow it: {decision.Explanation}",
            cancel, tellsOfResource: policy.ReadsResource);
    }

    private async ValueTask<KbsProblemException> DenyAsync(
        JsonObject claims, ReleaseRequest request, string? policy, string reason, CancellationToken cancel, bool tellsOfResource = false)
    {
        // Against a policy, an appraisal that was not affirming is the true reason; a plugin's rule stands by itself.
        var appraisal = IsAffirming(claims) ? null : await attempts.AwaitAsync(IdOf(claims), cancel);
        var findings = (appraisal?["reasons"] as JsonArray ?? []).Select(finding => (string)finding!);
        List<string> reasons = policy is null ? [reason, .. findings] : [.. findings, reason];
        var id = await RecordAsync(claims, request, AttemptKind.ReleaseDenied, policy, reasons, appraisal, cancel);

        // Why a policy that looks at the resource says no may tell what there is.
        var isTold = options.ExplainToGuests && !(tellsOfResource && ReferenceEquals(reasons[0], reason));
        return new KbsProblemException(403, ErrorTypes.PolicyDeny, "Access denied by policy" + (isTold ? $": {reasons[0]}" : ""), id);
    }

    /// <summary>The id under which the administrator finds it.</summary>
    private async ValueTask<string> RecordAsync(
        JsonObject claims, ReleaseRequest request, AttemptKind kind, string? policy, IReadOnlyList<string> reasons,
        JsonObject? appraisal, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var id = ReferenceId.OfRequest(now);
        await attempts.RecordAsync(
            new AttemptRecord
            {
                Id = id,
                At = now,
                Kind = kind,
                Tee = (string?)appraisal?["tee"],
                Resource = request.FullPath,
                Policy = policy,
                Appraisal = appraisal is null ? null : IdOf(claims),
                Reasons = reasons,
            },
            cancel);
        return id;
    }

    /// <summary>The guest's key, which is bound by the evidence of the primary TEE, where the token has it (trust.md 2.9).</summary>
    private JsonWebKey RecipientOf(JsonObject claims)
    {
        var (key, _) = TeeKeyPaths.Find(claims, options.TeeKeyPaths)
            ?? throw new KbsProblemException(401, ErrorTypes.JweError, "JWE failed: the token names no TEE public key");
        using var document = Nacre.Formats.Json.StrictJson.Parse(JsonText.Utf8(key), "token.tee-pubkey", KbsProtocol.MaxMessageBytes);
        return JsonWebKey.Parse(document.RootElement, "token.tee-pubkey");
    }

    private static bool IsAffirming(JsonObject claims) => (claims["submods"] as JsonObject ?? []).All(
        submodule => submodule.Value?["ear.status"] is JsonValue value && value.TryGetValue<string>(out var status) && status == "affirming");

    private static string IdOf(JsonObject claims) => claims["jti"] is JsonValue value && value.TryGetValue<string>(out var id) ? id : "";
}
