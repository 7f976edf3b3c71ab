using System.Globalization;
using Nacre.Storage;

namespace Nacre.Attestation.Policies;

/// <summary>The versions of the policies of one kind, the newest <see cref="Kept"/> of each.</summary>
internal sealed class PolicyHistory(IKeyValueStore store, string space)
{
    public const int Kept = 100;

    public async ValueTask<IReadOnlyList<PolicyVersion>> ListAsync(string id, CancellationToken cancel)
    {
        var versions = new List<PolicyVersion>();
        foreach (var key in await store.ListAllAsync(space, Prefix(id), cancel))
        {
            if (await store.FindAsync(space, key, cancel) is { } stored)
                versions.Add(PolicyVersion.Parse(id, stored.Value));
        }

        return versions;
    }

    public async ValueTask<PolicyVersion?> FindAsync(string id, int number, CancellationToken cancel) =>
        await store.FindAsync(space, Key(id, number), cancel) is { } stored ? PolicyVersion.Parse(id, stored.Value) : null;

    /// <summary>
    /// The writes that make a change the next version, and forget the oldest. A policy that was there before its history was kept becomes
    /// version 1 with it.
    /// </summary>
    public async ValueTask<(int Number, IReadOnlyList<StoreWrite> Writes)> NextAsync(
        string id, PolicyDocument? policy, PolicyChange change, PolicyDocument? before, CancellationToken cancel)
    {
        var keys = await store.ListAllAsync(space, Prefix(id), cancel);
        var number = 1 + (keys.Count == 0 ? 0 : int.Parse(keys[^1].AsSpan(Prefix(id).Length), NumberStyles.None, CultureInfo.InvariantCulture));
        var writes = new List<StoreWrite>();
        if (keys.Count == 0 && before is not null)
            writes.Add(Write(id, new PolicyVersion(number++, change with { Author = "unknown", Note = "was there before" }, before)));
        writes.Add(Write(id, new PolicyVersion(number, change, policy)));
        writes.AddRange(keys.Take(keys.Count + 1 - Kept).Select(key => StoreWrite.Delete(space, key)));
        return (number, writes);
    }

    private StoreWrite Write(string id, PolicyVersion version) =>
        StoreWrite.Set(space, Key(id, version.Number), version.ToUtf8(), WriteCondition.MustNotExist);

    private static string Prefix(string id) => $"{id}@";

    private static string Key(string id, int number) => string.Create(CultureInfo.InvariantCulture, $"{id}@{number:d8}");
}
