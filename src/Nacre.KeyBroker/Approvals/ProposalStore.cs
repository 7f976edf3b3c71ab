using Nacre.Attestation.Tokens;
using Nacre.Storage;

namespace Nacre.KeyBroker.Approvals;

/// <summary>The newest proposals, whatever became of them.</summary>
public sealed class ProposalStore(IKeyValueStore store)
{
    public const int Kept = 500;

    private const string Space = "policy-proposal";

    public async ValueTask<PolicyProposal?> FindAsync(string id, CancellationToken cancel) =>
        ReferenceId.IsValid(id) && await store.FindAsync(Space, id, cancel) is { } stored ? PolicyProposal.Parse(id, stored) : null;

    /// <summary>The newest first.</summary>
    public async ValueTask<IReadOnlyList<PolicyProposal>> ListAsync(CancellationToken cancel)
    {
        var proposals = new List<PolicyProposal>();
        foreach (var id in (await store.ListAllAsync(Space, "", cancel)).Reverse())
        {
            if (await FindAsync(id, cancel) is { } proposal)
                proposals.Add(proposal);
        }

        return proposals;
    }

    /// <summary>Keeps a new one, and forgets the oldest.</summary>
    public async ValueTask AddAsync(PolicyProposal proposal, CancellationToken cancel)
    {
        var ids = await store.ListAllAsync(Space, "", cancel);
        await store.WriteAsync(
            [
                StoreWrite.Set(Space, proposal.Id, proposal.ToUtf8()),
                .. ids.Take(ids.Count + 1 - Kept).Select(id => StoreWrite.Delete(Space, id)),
            ],
            cancel);
    }

    /// <summary>False when somebody else changed it meanwhile.</summary>
    public async ValueTask<bool> ReplaceAsync(PolicyProposal proposal, CancellationToken cancel) =>
        await store.WriteAsync([Replacement(proposal)], cancel) == WriteResult.Written;

    /// <summary>To be written together with what the proposal asks for; does not hold when somebody else changed it meanwhile.</summary>
    public static StoreWrite Replacement(PolicyProposal proposal) =>
        StoreWrite.Set(Space, proposal.Id, proposal.ToUtf8(), WriteCondition.MustBe(proposal.Version));
}
