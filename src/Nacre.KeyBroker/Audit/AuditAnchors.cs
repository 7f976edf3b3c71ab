using Nacre.Formats;
using Nacre.Storage;

namespace Nacre.KeyBroker.Audit;

/// <summary>What the store knows of each chain: a line that it had reached. A chain that ends before it was cut.</summary>
public sealed class AuditAnchors(IKeyValueStore store)
{
    private const string Space = "audit-head";

    /// <exception cref="StoreException">The store cannot be read, or holds something else there.</exception>
    public async ValueTask<IReadOnlyDictionary<string, AuditHead>> ReadAsync(CancellationToken cancel)
    {
        var heads = new Dictionary<string, AuditHead>();
        foreach (var chain in await store.ListAllAsync(Space, "", cancel))
        {
            if (await store.FindAsync(Space, chain, cancel) is { } stored)
                heads[chain] = Parse(chain, stored.Value);
        }

        return heads;
    }

    public async ValueTask WriteAsync(string chain, AuditHead head, CancellationToken cancel) =>
        await store.WriteAsync([StoreWrite.Set(Space, chain, head.ToUtf8())], cancel);

    private static AuditHead Parse(string chain, byte[] value)
    {
        try
        {
            return AuditHead.Parse(value);
        }
        catch (MalformedDataException e)
        {
            throw new StoreException($"what the store holds of the audit chain {chain} cannot be read: {e.Message}", e);
        }
    }
}
