using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Attestation.Tokens;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.KeyBroker.Attempts;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Sessions;
using Nacre.Rego;

namespace Nacre.KeyBroker.Resources;

/// <summary>
/// Releases secrets: who asks, then whether policy gives it, then whether it exists, and only then encrypts it to the key in the claims
/// (trust.md 1.8). A guest that is denied learns nothing of what exists.
/// </summary>
public sealed class ResourceService(
    ResourceStore resources, PolicyStore<ReleasePolicy> policies, GuestSessions guests, AttemptStore attempts, AuditLog audit,
    DecisionStore decisions, BrokerOptions options, TimeProvider clock)
{
    public async ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel)
    {
        var claims = await guests.RequireAsync(call, cancel);
        var uri = Parse(call);
        await RequireReleaseAsync(claims, new ReleaseRequest("resource", uri.Path.Split('/'), call.Query), cancel);

        var secret = await resources.FindAsync(uri, cancel) ?? throw KbsProblemException.NotFound($"there is no resource {uri}");
        try
        {
            return KbsReply.OfJson(JsonWebEncryption.Encrypt(RecipientOf(claims), secret)) with { SecretMac = audit.Mac(secret) };
        }
        catch (MalformedDataException e)
        {
            throw new KbsProblemException(401, ErrorTypes.JweError, $"JWE failed: {e.Message}", null, e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    public async ValueTask<KbsReply> PutAsync(KbsCall call, CancellationToken cancel)
    {
        await resources.SetAsync(Parse(call), call.Body, cancel);
        return KbsReply.Empty;
    }

    public async ValueTask<KbsReply> DeleteAsync(KbsCall call, CancellationToken cancel)
    {
        var uri = Parse(call);
        return await resources.DeleteAsync(uri, cancel) ? KbsReply.Empty : throw KbsProblemException.NotFound($"there is no resource {uri}");
    }

    public async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel) => KbsReply.Of(new JsonObject
    {
        ["resources"] = new JsonArray([.. (await resources.ListAsync(cancel)).Where(found => call.Admin!.Covers(found.Path)).Select(found =>
            new JsonObject { ["path"] = found.Path, ["bytes"] = found.Bytes, ["version"] = found.Version })]),
    });

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
        var jti = IdOf(claims);
        var appraisal = await attempts.FindAsync(jti, cancel);
        List<string> reasons =
        [
            .. (appraisal?["reasons"] as JsonArray ?? []).Select(reason => (string)reason!),
            $"{policy.FileName} does not allow it: {decision.Explanation}",
        ];

        var now = clock.GetUtcNow();
        var id = ReferenceId.OfRequest(now);
        await attempts.RecordAsync(
            new AttemptRecord
            {
                Id = id,
                At = now,
                Kind = AttemptKind.ReleaseDenied,
                Tee = (string?)appraisal?["tee"],
                Resource = request.FullPath,
                Policy = $"{policy.FileName} {policy.Digest}",
                Appraisal = appraisal is null ? null : jti,
                Reasons = reasons,
            },
            cancel);
        return new KbsProblemException(
            403, ErrorTypes.PolicyDeny, "Access denied by policy" + (options.ExplainToGuests ? $": {reasons[0]}" : ""), id);
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

    private static ResourceUri Parse(KbsCall call) =>
        ResourceUri.TryParsePath(call["path"], out var uri, out var problem)
            ? uri : throw KbsProblemException.InvalidPath($"resource/{call["path"]}", problem);
}
