using System.Text.Json.Nodes;
using Nacre.Attestation.Policies;
using Nacre.Attestation.Tokens;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Policies;

namespace Nacre.KeyBroker.Approvals;

/// <summary>
/// Changes of policies that others must approve: a proposal takes effect with the last approval it needs, in the same transaction, if the
/// policy is still the one that it was proposed against. Its author has no voice, everybody else one.
/// </summary>
internal sealed class PolicyApprovals(
    ProposalStore proposals, IReadOnlyList<PolicySet> sets, BrokerOptions options, TimeProvider clock)
{
    private const int MaxNote = 1000;

    public bool AreRequired => options.RequiredApprovals > 0;

    public IEnumerable<Route> Create()
    {
        yield return new("GET", "kbs/v0/admin/proposals", Access.View, ListAsync);
        yield return new("GET", "kbs/v0/admin/proposals/{id}", Access.View, ShowAsync);
        yield return new("POST", "kbs/v0/admin/proposals/{id}/approve", Access.WritePolicy, ApproveAsync);
        yield return new("POST", "kbs/v0/admin/proposals/{id}/reject", Access.WritePolicy, RejectAsync);
    }

    /// <summary>Upstream's routes have no word for a change that has not happened yet: a success would be taken for one that has.</summary>
    /// <exception cref="KbsProblemException">409 when approvals are required.</exception>
    public void RequireNone()
    {
        if (AreRequired)
        {
            throw Conflict(
                $"this server changes a policy only when {options.RequiredApprovals} others approve it; nothing was changed or proposed; "
                + "propose it with nacre policy set");
        }
    }

    /// <summary>202 with the proposal.</summary>
    /// <param name="set">The policies of a kind.</param>
    /// <param name="id">Of the policy.</param>
    /// <param name="policy">Null to delete it.</param>
    /// <param name="note">Null for a text that is set.</param>
    /// <param name="call">Of the author.</param>
    /// <param name="cancel">The peer has gone.</param>
    public async ValueTask<KbsReply> ProposeAsync(
        PolicySet set, string id, PolicyDocument? policy, string? note, KbsCall call, CancellationToken cancel)
    {
        var author = VoiceOf(call);
        var against = await set.RowVersionAsync(id, cancel);
        if (policy is null && against == 0)
            throw KbsProblemException.NotFound($"there is no {set.Kind} policy '{id}'");

        var warnings = policy is null ? [] : set.Check(policy);
        var now = clock.GetUtcNow();
        var proposal = new PolicyProposal
        {
            Id = ReferenceId.Create(now),
            Kind = set.Kind,
            PolicyId = id,
            Policy = policy,
            Note = note,
            Against = against,
            Author = author,
            At = now,
            Expires = now + options.ProposalLife,
        };
        await proposals.AddAsync(proposal, cancel);
        var json = Describe(proposal);
        json["warnings"] = PolicyRoutes.Warnings(warnings);
        return KbsReply.Of(json) with { Status = 202, Note = $"proposal {proposal.Id} of {policy?.Digest ?? "a deletion"}" };
    }

    private async ValueTask<KbsReply> ListAsync(KbsCall call, CancellationToken cancel) => KbsReply.Of(new JsonObject
    {
        ["proposals"] = new JsonArray([.. (await proposals.ListAsync(cancel)).Select(Describe)]),
    });

    private async ValueTask<KbsReply> ShowAsync(KbsCall call, CancellationToken cancel)
    {
        var proposal = await RequireAsync(call, cancel);
        var json = Describe(proposal);
        json["policy"] = proposal.Policy?.Text;
        return KbsReply.Of(json);
    }

    // Another turn follows only when somebody else changed the proposal or the policy meanwhile.
    private async ValueTask<KbsReply> ApproveAsync(KbsCall call, CancellationToken cancel)
    {
        var voice = VoiceOf(call);
        while (true)
        {
            var proposal = await RequireOpenAsync(call, cancel);
            if (voice.Subject == proposal.Author.Subject)
                throw Denied("whoever proposes a change does not approve it");
            if (proposal.Approvals.Any(approval => approval.Subject == voice.Subject))
                throw Conflict("this proposal has your approval already");

            var approved = proposal with { Approvals = [.. proposal.Approvals, voice] };
            if (approved.Approvals.Count < options.RequiredApprovals)
            {
                if (await proposals.ReplaceAsync(approved, cancel))
                    return Reply(approved);
            }
            else if (await ApplyAsync(approved, cancel) is { } applied)
            {
                return applied;
            }
        }
    }

    /// <summary>Null when it must be looked at again.</summary>
    private async ValueTask<KbsReply?> ApplyAsync(PolicyProposal approved, CancellationToken cancel)
    {
        var set = sets.Single(set => set.Kind == approved.Kind);
        if (await set.RowVersionAsync(approved.PolicyId, cancel) != approved.Against)
        {
            if (!await proposals.ReplaceAsync(approved with { State = PolicyProposal.Superseded }, cancel))
                return null;
            throw Conflict($"the policy '{approved.PolicyId}' was changed after this was proposed; look at it and propose again");
        }

        var applied = approved with { State = PolicyProposal.Applied };
        var names = string.Join(", ", approved.Approvals.Select(approval => approval.Name));
        var note = $"{(approved.Note is null ? "" : $"{approved.Note}, ")}proposal {approved.Id}, approved by {names}";
        var change = new PolicyChange(approved.Author.Name, clock.GetUtcNow(), note.Length > MaxNote ? note[..MaxNote] : note);
        var version = await set.TryChangeAsync(
            approved.PolicyId, approved.Policy, change, approved.Against, [ProposalStore.Replacement(applied)], cancel);
        return version is { } number ? Reply(applied, number) : null;
    }

    private async ValueTask<KbsReply> RejectAsync(KbsCall call, CancellationToken cancel)
    {
        _ = VoiceOf(call);
        while (true)
        {
            var rejected = await RequireOpenAsync(call, cancel) with { State = PolicyProposal.Rejected };
            if (await proposals.ReplaceAsync(rejected, cancel))
                return Reply(rejected);
        }
    }

    private async ValueTask<PolicyProposal> RequireAsync(KbsCall call, CancellationToken cancel) =>
        await proposals.FindAsync(call["id"], cancel) ?? throw KbsProblemException.NotFound($"there is no proposal {call["id"]}");

    private async ValueTask<PolicyProposal> RequireOpenAsync(KbsCall call, CancellationToken cancel)
    {
        var proposal = await RequireAsync(call, cancel);
        var state = proposal.StateAt(clock.GetUtcNow());
        return state == PolicyProposal.Open ? proposal : throw Conflict($"the proposal {proposal.Id} is {state}");
    }

    private KbsReply Reply(PolicyProposal proposal, int? version = null)
    {
        var json = Describe(proposal);
        json["version"] = version;
        var effect = version is { } number ? $", version {number} of {proposal.PolicyId}" : "";
        return KbsReply.Of(json) with { Note = $"{proposal.State} with {proposal.Approvals.Count} approvals{effect}" };
    }

    private JsonObject Describe(PolicyProposal proposal)
    {
        var json = proposal.ToJson(clock.GetUtcNow());
        json["needed"] = Math.Max(1, options.RequiredApprovals);
        return json;
    }

    private static ProposalVoice VoiceOf(KbsCall call) => call.Admin!.Subject is { } subject
        ? new ProposalVoice(subject, call.Admin.Name) : throw Denied("a token without sub has no voice in approvals");

    private static KbsProblemException Denied(string detail) => new(403, ErrorTypes.AdminAuthAccess, detail);

    private static KbsProblemException Conflict(string detail) => new(409, ErrorTypes.Conflict, detail);
}
