using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Attestation.Tokens;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Attempts;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Http;
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
    DecisionStore decisions, BrokerOptions options, TimeProvider clock)
{
    /// <summary>The claims of a guest to which policy releases what it asks for.</summary>
    /// <exception cref="KbsProblemException">401 for who is not attested, 403 for whom policy denies; the refusal is recorded.</exception>
    public async ValueTask<JsonObject> RequireAsync(KbsCall call, ReleaseRequest request, CancellationToken cancel)
    {
        var claims = await guests.RequireAsync(call, cancel);
        await RequireReleaseAsync(claims, request, cancel);
        return claims;
    }

    /// <summary>Refuses a guest that policy allows, and whose claims are not those that the answer needs; recorded as policy's refusals.</summary>
    public async ValueTask<KbsProblemException> RefuseAsync(
        JsonObject claims, ReleaseRequest request, string reason, CancellationToken cancel) =>
        await RecordAsync(claims, await attempts.FindAsync(IdOf(claims), cancel), request, null, [reason], cancel);

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
            decision = policy.Compiled.Decide(claims, request, cancel);
        }
        catch (RegoException e)
        {
            // A policy that cannot decide does not allow.
            decision = ReleaseDecision.Denied($"the policy could not decide: {e.Message}");
        }

        decisions.RecordRelease(IdOf(claims), request, decision.IsAllowed, clock.GetUtcNow());
        if (!decision.IsAllowed)
            throw await DenyAsync(claims, request, policy.Document, decision, cancel);
    }

    private async ValueTask<KbsProblemException> DenyAsync(
        JsonObject claims, ReleaseRequest request, PolicyDocument policy, ReleaseDecision decision, CancellationToken cancel)
    {
        // When the guest's appraisal was not affirming, its findings are the true reason.
        var appraisal = await attempts.FindAsync(IdOf(claims), cancel);
        List<string> reasons =
        [
            .. (appraisal?["reasons"] as JsonArray ?? []).Select(reason => (string)reason!),
            $"{policy.FileName} does not allow it: {decision.Explanation}",
        ];
        return await RecordAsync(claims, appraisal, request, policy, reasons, cancel);
    }

    private async ValueTask<KbsProblemException> RecordAsync(
        JsonObject claims, JsonObject? appraisal, ReleaseRequest request, PolicyDocument? policy, List<string> reasons,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var id = ReferenceId.Create(now);
        await attempts.RecordAsync(
            new AttemptRecord
            {
                Id = id,
                At = now,
                Kind = AttemptKind.ReleaseDenied,
                Tee = (string?)appraisal?["tee"],
                Resource = request.FullPath,
                Policy = policy is null ? null : $"{policy.FileName} {policy.Digest}",
                Appraisal = appraisal is null ? null : IdOf(claims),
                Reasons = reasons,
            },
            cancel);
        return new KbsProblemException(
            403, ErrorTypes.PolicyDeny,
            (policy is null ? "Access denied" : "Access denied by policy") + (options.ExplainToGuests ? $": {reasons[0]}" : ""), id);
    }

    /// <summary>The guest's key where our tokens have it (trust.md 2.9); it is bound by the evidence of the primary TEE.</summary>
    private static JsonWebKey RecipientOf(JsonObject claims)
    {
        var key = claims["submods"]?["cpu0"]?["ear.veraison.annotated-evidence"]?["runtime_data_claims"]?["tee-pubkey"]
            ?? throw new KbsProblemException(401, ErrorTypes.JweError, "JWE failed: the token names no TEE public key");
        using var document = Nacre.Formats.Json.StrictJson.Parse(JsonText.Utf8(key), "token.tee-pubkey", KbsProtocol.MaxMessageBytes);
        return JsonWebKey.Parse(document.RootElement, "token.tee-pubkey");
    }

    private static string IdOf(JsonObject claims) => claims["jti"] is JsonValue value && value.TryGetValue<string>(out var id) ? id : "";
}
