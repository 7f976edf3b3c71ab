using System.Text;
using Microsoft.Extensions.Logging;
using Nacre.Attestation.Policies;
using Nacre.Evidence;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Rego;
using Nacre.Verifiers;

namespace Nacre.Attestation.Services;

/// <summary>
/// What other programs may ask of the Attestation Service, whatever the wire. Failures are <see cref="ServiceCallException"/>.
/// </summary>
/// <param name="service">Does the work.</param>
/// <param name="allowsChanges">Whether callers are known to be the operator's own: only then may they set policies.</param>
/// <param name="state">Has the audit record.</param>
/// <param name="clock">Dates changes.</param>
/// <param name="log">Told of refusals.</param>
internal sealed partial class AttestationCalls(
    AttestationService service, bool allowsChanges, IServiceState state, TimeProvider clock, ILogger log)
{
    private const string Evaluation = "Attestation evaluation failed";
    private const string Policy = "Set Attestation Policy failed";
    private const int MaxItems = 32;

    /// <summary>The token. An empty list of policy ids means those of the server; all that are named appraise.</summary>
    public async ValueTask<string> EvaluateAsync(IReadOnlyList<EvaluationItem> items, IReadOnlyList<string> policyIds, CancellationToken cancel)
    {
        if (items.Count is 0 or > MaxItems)
            throw new ServiceCallException(Evaluation, $"there are {items.Count} verification requests, 1 to {MaxItems} are taken");
        if (policyIds.Count > AttestationServiceOptions.MaxPolicySets || policyIds.Distinct().Count() != policyIds.Count)
            throw new ServiceCallException(Evaluation, $"policy ids must be at most {AttestationServiceOptions.MaxPolicySets}, each once");
        if (!policyIds.All(PolicyDocument.IsId))
            throw new ServiceCallException(Evaluation, "a policy id must be 1 to 128 of a-z A-Z 0-9 - _ . and not begin with a dot");

        AttestationSubmission submission;
        try
        {
            submission = new() { Evidence = [.. items.Select(item => item.ToEvidence())], PolicySets = policyIds.Count > 0 ? policyIds : null };
        }
        catch (MalformedDataException e)
        {
            throw new ServiceCallException(Evaluation, e.Message, e);
        }

        switch (await service.AttestAsync(submission, cancel))
        {
            case Attested attested:
                return await service.Signer.SignAsync(attested.Claims, cancel);
            case NotAttested refused:
                LogRefused(log, items[0].Tee, refused.Reason);
                throw new ServiceCallException(Evaluation, [refused.Reason, .. Remedies(refused)]);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <param name="id">Of the policy, with the class of TEE, such as <c>default_cpu</c>.</param>
    /// <param name="policy">Base64url of the Rego text.</param>
    /// <param name="author">For the history.</param>
    /// <param name="cancel">Stops it.</param>
    public ValueTask SetPolicyAsync(string id, string policy, string author, CancellationToken cancel) =>
        new ServiceChange("SetAttestationPolicy", id, policy).RunAsync(
            state, FindRefusal(), () => ChangePolicyAsync(id, policy, author, cancel), cancel);

    public ValueTask<IReadOnlyList<StoredPolicy<AttestationPolicy>>> PoliciesAsync(CancellationToken cancel) => service.Policies.ListAsync(cancel);

    public ValueTask<StoredPolicy<AttestationPolicy>?> FindPolicyAsync(string id, CancellationToken cancel) => service.Policies.FindAsync(id, cancel);

    /// <summary>Empty where the caller makes the nonce itself, which is everywhere but for IBM Secure Execution.</summary>
    public string Challenge(string? tee, string? parameters)
    {
        const string what = "Get Attestation Challenge failed";
        if (tee is null || parameters is null)
            throw new ServiceCallException(what, "both 'tee' and 'tee_params' are needed");

        return tee != TeeNames.Se && service.Takes(tee) ? "" : throw new ServiceCallException(what, $"evidence of '{tee}' is not taken here");
    }

    public async ValueTask<byte[]> KeySetAsync(CancellationToken cancel) =>
        Evidence.Protocol.JsonText.Utf8(await service.Signer.KeySetAsync(cancel));

    private ServiceCallException? FindRefusal() =>
        service.PoliciesNeedApproval
            ? new(Policy, "this server changes a policy only when others approve it; propose it with nacre policy set")
        : allowsChanges ? null
            : new(Policy, "policies are set here only by callers with a client certificate, or on this machine") { IsForbidden = true };

    private async ValueTask ChangePolicyAsync(string id, string policy, string author, CancellationToken cancel)
    {
        if (!PolicyDocument.IsId(id))
            throw new ServiceCallException(Policy, "the policy id must be 1 to 128 of a-z A-Z 0-9 - _ . and not begin with a dot");
        if (policy.Length > PolicyDocument.MaxBytes / 3 * 4 + 4 || !Base64UrlText.TryDecode(policy, out var bytes))
            throw new ServiceCallException(Policy, $"the policy must be base64url without padding, of at most {PolicyDocument.MaxBytes} bytes");

        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            await service.Policies.SetAsync(new PolicyDocument(id, text), new PolicyChange(author, clock.GetUtcNow()), cancel);
        }
        catch (Exception e) when (e is RegoException or DecoderFallbackException)
        {
            throw new ServiceCallException(Policy, e.Message, e);
        }
    }

    private static IEnumerable<string> Remedies(NotAttested refused) =>
        refused.Reports.SelectMany(report => report.Checks)
            .Where(check => check is { Outcome: CheckOutcome.Failed, Remedy: not null }).Select(check => $"{check.Id}: {check.Remedy}");

    [LoggerMessage(Level = LogLevel.Information, Message = "Evidence of {Tee} was refused: {Reason}")]
    private static partial void LogRefused(ILogger log, string tee, string reason);
}
