using Nacre.Storage;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>The secrets by application and name. A change happens only if nobody changed the secret meanwhile.</summary>
public sealed class EnclaveStore(IKeyValueStore store)
{
    public const int MaxSecrets = 4096;
    public const int MaxVersions = 32;

    private const string Space = "enclave";

    /// <summary>The secret, and the condition under which a change of it is one of what was read; null when there is none.</summary>
    public async ValueTask<(EnclaveSecret Secret, WriteCondition Unchanged)?> FindAsync(EnclaveName name, CancellationToken cancel) =>
        await store.FindAsync(Space, name.Path, cancel) is { } found
            ? (EnclaveSecretText.Read(name, found.Value), WriteCondition.MustBe(found.Version)) : null;

    /// <summary>False when the condition does not hold.</summary>
    public async ValueTask<bool> SetAsync(EnclaveSecret secret, WriteCondition condition, CancellationToken cancel) =>
        await store.SetAsync(Space, secret.Name.Path, EnclaveSecretText.Write(secret), condition, cancel) == WriteResult.Written;

    /// <summary>False when there was none.</summary>
    public async ValueTask<bool> DeleteAsync(EnclaveName name, CancellationToken cancel) =>
        await store.FindAsync(Space, name.Path, cancel) is { } found
        && await store.DeleteAsync(Space, name.Path, WriteCondition.MustBe(found.Version), cancel) == WriteResult.Written;

    public async ValueTask<IReadOnlyList<EnclaveName>> ListAsync(CancellationToken cancel) =>
    [
        .. (await store.ListAllAsync(Space, "", cancel))
            .Select(path => path.Split('/')).Select(parts => new EnclaveName(parts[0], parts[1])),
    ];
}
