using Nacre.Attestation.Policies;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;
using Nacre.Rego;
using Nacre.Storage;

namespace Nacre.KeyBroker.Policies;

/// <summary>The policies of one kind, as the administrator's routes see them: both kinds are handled by one piece of code.</summary>
internal abstract class PolicySet(string kind)
{
    public string Kind { get; } = kind;

    public abstract bool IsId(string id);

    public abstract ValueTask<IReadOnlyList<PolicyDocument>> ListAsync(CancellationToken cancel);

    public abstract ValueTask<PolicyDocument?> FindAsync(string id, CancellationToken cancel);

    /// <summary>The number of the version and what is suspicious about the text.</summary>
    /// <exception cref="KbsProblemException">400 when the text does not compile.</exception>
    public abstract ValueTask<(int Version, IReadOnlyList<RegoError> Warnings)> SetAsync(
        PolicyDocument policy, PolicyChange change, CancellationToken cancel);

    public abstract ValueTask<bool> DeleteAsync(string id, PolicyChange change, CancellationToken cancel);

    public abstract ValueTask<IReadOnlyList<PolicyVersion>> HistoryAsync(string id, CancellationToken cancel);

    public abstract ValueTask<PolicyVersion?> FindVersionAsync(string id, int number, CancellationToken cancel);

    /// <inheritdoc cref="PolicyStore{T}.RowVersionAsync"/>
    public abstract ValueTask<long> RowVersionAsync(string id, CancellationToken cancel);

    /// <inheritdoc cref="PolicyStore{T}.TryChangeAsync"/>
    public abstract ValueTask<int?> TryChangeAsync(
        string id, PolicyDocument? policy, PolicyChange change, long expected, IReadOnlyList<StoreWrite> others, CancellationToken cancel);

    /// <summary>What is suspicious about a text that is not kept yet.</summary>
    /// <exception cref="KbsProblemException">400 when it does not compile.</exception>
    public abstract IReadOnlyList<RegoError> Check(PolicyDocument policy);

    internal static KbsProblemException Unusable(RegoException e) =>
        new(400, ErrorTypes.ParsePolicyError, $"Failed to parse policy: {e.Message}", null, e);
}

/// <inheritdoc cref="PolicySet"/>
/// <param name="kind">As it stands in paths.</param>
/// <param name="store">Keeps them.</param>
/// <param name="isId">Which ids there may be.</param>
/// <param name="warnings">Of a compiled policy.</param>
internal sealed class PolicySet<T>(string kind, PolicyStore<T> store, Func<string, bool> isId, Func<T, IReadOnlyList<RegoError>> warnings)
    : PolicySet(kind)
    where T : class
{
    public override bool IsId(string id) => isId(id);

    public override async ValueTask<IReadOnlyList<PolicyDocument>> ListAsync(CancellationToken cancel) =>
        [.. (await store.ListAsync(cancel)).Select(policy => policy.Document)];

    public override async ValueTask<PolicyDocument?> FindAsync(string id, CancellationToken cancel) =>
        (await store.FindAsync(id, cancel))?.Document;

    public override async ValueTask<(int Version, IReadOnlyList<RegoError> Warnings)> SetAsync(
        PolicyDocument policy, PolicyChange change, CancellationToken cancel)
    {
        try
        {
            var (version, compiled) = await store.SetAsync(policy, change, cancel);
            return (version, warnings(compiled));
        }
        catch (RegoException e)
        {
            throw Unusable(e);
        }
    }

    public override async ValueTask<bool> DeleteAsync(string id, PolicyChange change, CancellationToken cancel) =>
        await store.DeleteAsync(id, change, cancel);

    public override ValueTask<IReadOnlyList<PolicyVersion>> HistoryAsync(string id, CancellationToken cancel) =>
        store.HistoryAsync(id, cancel);

    public override ValueTask<PolicyVersion?> FindVersionAsync(string id, int number, CancellationToken cancel) =>
        store.FindVersionAsync(id, number, cancel);

    public override ValueTask<long> RowVersionAsync(string id, CancellationToken cancel) => store.RowVersionAsync(id, cancel);

    public override async ValueTask<int?> TryChangeAsync(
        string id, PolicyDocument? policy, PolicyChange change, long expected, IReadOnlyList<StoreWrite> others, CancellationToken cancel)
    {
        try
        {
            return await store.TryChangeAsync(id, policy, change, expected, others, cancel);
        }
        catch (RegoException e)
        {
            throw Unusable(e);
        }
    }

    public override IReadOnlyList<RegoError> Check(PolicyDocument policy)
    {
        try
        {
            return warnings(store.Compile(policy));
        }
        catch (RegoException e)
        {
            throw Unusable(e);
        }
    }
}
