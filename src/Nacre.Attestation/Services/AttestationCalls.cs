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
/// <param name="clock">Dates changes.</param>
/// <param name="log">Told of refusals.</param>
internal sealed partial class AttestationCalls(AttestationService service, bool allowsChanges, TimeProvider clock, ILogger log)
{
    private const string Evaluation = "Attestation evaluation failed";
    private const string Policy = "Set Attestation Policy failed";
    private const int MaxItems = 32;

    /// <summary>The token. An empty list of policy ids means <c>default</c>; more than one is refused, not ignored.</summary>
    public async ValueTask<string> EvaluateAsync(IReadOnlyList<EvaluationItem> items, IReadOnlyList<string> policyIds, CancellationToken cancel)
    {
        if (items.Count is 0 or > MaxItems)
            throw new ServiceCallException(Evaluation, $"there are {items.Count} verification requests, 1 to {MaxItems} are taken");
        if (policyIds.Count > 1)
            throw new ServiceCallException(Evaluation, $"there are {policyIds.Count} policy ids, one is taken");
        if (policyIds is [var id] && !PolicyDocument.IsId(id))
            throw new ServiceCallException(Evaluation, "the policy id must be 1 to 128 of a-z A-Z 0-9 - _ . and not begin with a dot");

        AttestationSubmission submission;
        try
        {
            submission = new() { Evidence = [.. items.Select(item => item.ToEvidence())], PolicySet = policyIds is [var set] ? set : null };
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
    public async ValueTask SetPolicyAsync(string id, string policy, string author, CancellationToken cancel)
    {
        if (service.PoliciesNeedApproval)
        {
            throw new ServiceCallException(
                Policy, "this server changes a policy only when others approve it; propose it with nacre policy set");
        }

        if (!allowsChanges)
        {
            throw new ServiceCallException(Policy, "policies are set here only by callers with a client certificate, or on this machine")
            {
                IsForbidden = true,
            };
        }

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

    private static IEnumerable<string> Remedies(NotAttested refused) =>
        refused.Reports.SelectMany(report => report.Checks)
            .Where(check => check is { Outcome: CheckOutcome.Failed, Remedy: not null }).Select(check => $"{check.Id}: {check.Remedy}");

    [LoggerMessage(Level = LogLevel.Information, Message = "Evidence of {Tee} was refused: {Reason}")]
    private static partial void LogRefused(ILogger log, string tee, string reason);
}
