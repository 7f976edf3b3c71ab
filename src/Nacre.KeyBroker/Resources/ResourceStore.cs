using Nacre.Evidence.Protocol;
using Nacre.Storage;

namespace Nacre.KeyBroker.Resources;

/// <summary>The secrets, by <c>repository/type/tag</c>.</summary>
public sealed class ResourceStore(IKeyValueStore store)
{
    private const string Space = "repository";

    public async ValueTask<byte[]?> FindAsync(ResourceUri uri, CancellationToken cancel) => (await store.FindAsync(Space, uri.Path, cancel))?.Value;

    public async ValueTask SetAsync(ResourceUri uri, ReadOnlyMemory<byte> value, CancellationToken cancel) =>
        await store.WriteAsync([StoreWrite.Set(Space, uri.Path, value.ToArray())], cancel);

    /// <summary>False when there was none.</summary>
    public async ValueTask<bool> DeleteAsync(ResourceUri uri, CancellationToken cancel) =>
        await store.FindAsync(Space, uri.Path, cancel) is { } found
        && await store.DeleteAsync(Space, uri.Path, WriteCondition.MustBe(found.Version), cancel) == WriteResult.Written;

    public async ValueTask<IReadOnlyList<ResourceDescription>> ListAsync(CancellationToken cancel)
    {
        var resources = new List<ResourceDescription>();
        foreach (var path in await store.ListAllAsync(Space, "", cancel))
        {
            if (await store.FindAsync(Space, path, cancel) is { } found)
                resources.Add(new ResourceDescription(path, found.Value.Length, found.Version));
        }

        return resources;
    }
}

/// <summary>What may be said of a secret.</summary>
public sealed record ResourceDescription(string Path, int Bytes, long Version);
