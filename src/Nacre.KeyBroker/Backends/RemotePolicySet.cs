using Nacre.Attestation.Policies;
using Nacre.Attestation.Remote;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Policies;
using Nacre.Rego;
using Nacre.Storage;

namespace Nacre.KeyBroker.Backends;

/// <summary>
/// Attestation policies of a service elsewhere. Its contract lets them be set and nothing else; what they are, it does not say.
/// </summary>
internal sealed class RemotePolicySet(IRemoteAttestation remote) : PolicySet("attestation")
{
    public override bool IsId(string id) => PolicyDocument.IsId(id);

    public override ValueTask<IReadOnlyList<PolicyDocument>> ListAsync(CancellationToken cancel) =>
        ValueTask.FromResult<IReadOnlyList<PolicyDocument>>([]);

    public override ValueTask<PolicyDocument?> FindAsync(string id, CancellationToken cancel) => throw Unsupported();

    /// <returns>Version 0: the service counts none.</returns>
    public override async ValueTask<(int Version, IReadOnlyList<RegoError> Warnings)> SetAsync(
        PolicyDocument policy, PolicyChange change, CancellationToken cancel)
    {
        var warnings = Check(policy);
        await remote.SetPolicyAsync(policy, cancel);
        return (0, warnings);
    }

    public override IReadOnlyList<RegoError> Check(PolicyDocument policy)
    {
        try
        {
            return AttestationPolicy.Compile(policy).Warnings();
        }
        catch (RegoException e)
        {
            throw Unusable(e);
        }
    }

    // A server whose policies need approval does not start with a service elsewhere.
    public override ValueTask<long> RowVersionAsync(string id, CancellationToken cancel) => throw Unsupported();

    public override ValueTask<int?> TryChangeAsync(
        string id, PolicyDocument? policy, PolicyChange change, long expected, IReadOnlyList<StoreWrite> others, CancellationToken cancel) =>
        throw Unsupported();

    public override ValueTask<bool> DeleteAsync(string id, PolicyChange change, CancellationToken cancel) => throw Unsupported();

    public override ValueTask<IReadOnlyList<PolicyVersion>> HistoryAsync(string id, CancellationToken cancel) => throw Unsupported();

    public override ValueTask<PolicyVersion?> FindVersionAsync(string id, int number, CancellationToken cancel) => throw Unsupported();

    private static KbsProblemException Unsupported() => new(
        501, ErrorTypes.AttestationError, "attestation policies are kept by another service, which lets them only be set from here");
}
