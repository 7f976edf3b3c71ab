using System.Globalization;
using Nacre.Evidence.Protocol;
using Nacre.Storage;

namespace Nacre.KeyBroker.Resources;

/// <summary>
/// The secrets, by <c>repository/type/tag</c>: the bytes in one row, as upstream has them, what is known of them in another, and the former
/// versions in rows of their own. All of a change is one transaction.
/// </summary>
public sealed class ResourceStore(IKeyValueStore store)
{
    /// <summary>Versions of a secret, with the one in force.</summary>
    public const int KeptVersions = 10;

    private const string Space = "repository";
    private const string DetailSpace = "repository-detail";
    private const string FormerSpace = "repository-former";
    private const byte DetailEnd = (byte)'\n';
    private const int Attempts = 50;

    /// <exception cref="StoreException">The two rows stay of two versions: somebody writes to the store past this program.</exception>
    public async ValueTask<StoredResource?> FindAsync(ResourceUri uri, CancellationToken cancel)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // In this order: a secret whose details are not there yet was set before there were any.
            if (await store.FindAsync(Space, uri.Path, cancel) is not { } value)
                return null;
            if (await store.FindAsync(DetailSpace, uri.Path, cancel) is not { } row)
                return new StoredResource(uri, value.Value, value.Version, new ResourceDetail(1), 0);

            var detail = ResourceDetail.FromRow(row.Value);
            if (detail.Digest == ResourceDetail.DigestOf(value.Value))
                return new StoredResource(uri, value.Value, value.Version, detail, row.Version);
        }

        throw new StoreException($"the details of the resource {uri} belong to another value than it has; set it again");
    }

    /// <summary>What is known of the one in force, without its bytes; null when there is no such secret.</summary>
    public async ValueTask<ResourceDetail?> DescribeAsync(ResourceUri uri, CancellationToken cancel)
    {
        if (await store.FindAsync(DetailSpace, uri.Path, cancel) is not { } row)
            return await store.FindAsync(Space, uri.Path, cancel) is null ? null : new ResourceDetail(1);

        // The row of one that was deleted stays, for its number, and has the digest of nothing.
        return ResourceDetail.FromRow(row.Value) is { Digest: not "" } detail ? detail : null;
    }

    /// <summary>Makes the next version, whose number is returned.</summary>
    /// <param name="uri">Of which secret.</param>
    /// <param name="value">Its bytes.</param>
    /// <param name="detail">Its version and digest are set here.</param>
    /// <param name="condition">What must be true of the version in force.</param>
    /// <param name="cancel">Counts until the write is begun.</param>
    /// <returns>Null when the condition does not hold.</returns>
    public async ValueTask<int?> SetAsync(
        ResourceUri uri, byte[] value, ResourceDetail detail, ResourceCondition condition, CancellationToken cancel)
    {
        while (true)
        {
            var (current, row, former) = await FindRowsAsync(uri, cancel);
            if (!condition.Holds(current is null ? null : former.Version))
                return null;

            var next = detail with { Version = former.Version + 1, Digest = ResourceDetail.DigestOf(value), Released = 0 };
            List<StoreWrite> writes =
            [
                StoreWrite.Set(Space, uri.Path, value, WriteCondition.MustBe(current?.Version ?? 0)),
                StoreWrite.Set(DetailSpace, uri.Path, next.ToRow(), WriteCondition.MustBe(row?.Version ?? 0)),
            ];
            if (current is not null)
                writes.Add(StoreWrite.Set(FormerSpace, FormerKey(uri, former.Version), [.. former.ToRow(), DetailEnd, .. current.Value]));
            if (next.Version > KeptVersions)
                writes.Add(StoreWrite.Delete(FormerSpace, FormerKey(uri, next.Version - KeptVersions)));
            if (await store.WriteAsync(writes, cancel) == WriteResult.Written)
                return next.Version;
        }
    }

    /// <summary>Counts one release of what was found; whoever writes first, among all servers, has it.</summary>
    /// <returns>False when the secret or its count was changed since.</returns>
    public async ValueTask<bool> TryCountAsync(StoredResource found, CancellationToken cancel)
    {
        var counted = found.Detail with { Released = found.Detail.Released + 1 };
        return await store.WriteAsync(
            [
                StoreWrite.Set(DetailSpace, found.Uri.Path, counted.ToRow(), WriteCondition.MustBe(found.DetailVersion)),
                StoreWrite.Check(Space, found.Uri.Path, WriteCondition.MustBe(found.ValueVersion)),
            ],
            cancel) == WriteResult.Written;
    }

    /// <summary>All versions of it; the number goes on counting when it is set again.</summary>
    /// <returns>Null when there was none, false when the condition does not hold.</returns>
    public async ValueTask<bool?> DeleteAsync(ResourceUri uri, ResourceCondition condition, CancellationToken cancel)
    {
        while (true)
        {
            var (current, row, detail) = await FindRowsAsync(uri, cancel);
            if (current is null)
                return null;
            if (!condition.Holds(detail.Version))
                return false;

            List<StoreWrite> writes =
            [
                StoreWrite.Delete(Space, uri.Path, WriteCondition.MustBe(current.Version)),
                StoreWrite.Set(DetailSpace, uri.Path, new ResourceDetail(detail.Version).ToRow(), WriteCondition.MustBe(row?.Version ?? 0)),
                .. (await store.ListAllAsync(FormerSpace, FormerPrefix(uri), cancel)).Select(key => StoreWrite.Delete(FormerSpace, key)),
            ];
            if (await store.WriteAsync(writes, cancel) == WriteResult.Written)
                return true;
        }
    }

    /// <summary>The newest last; empty when there is no such secret.</summary>
    public async ValueTask<IReadOnlyList<ResourceDescription>> HistoryAsync(ResourceUri uri, CancellationToken cancel)
    {
        if (await FindAsync(uri, cancel) is not { } current)
            return [];

        var versions = new List<ResourceDescription>();
        foreach (var key in await store.ListAllAsync(FormerSpace, FormerPrefix(uri), cancel))
        {
            if (await store.FindAsync(FormerSpace, key, cancel) is { } row)
            {
                var (detail, value) = ReadFormer(row.Value);
                versions.Add(new ResourceDescription(uri.Path, value.Length, detail));
            }
        }

        versions.Add(new ResourceDescription(uri.Path, current.Value.Length, current.Detail));
        return versions;
    }

    /// <summary>One version with its bytes; null when it is not kept.</summary>
    public async ValueTask<(ResourceDetail Detail, byte[] Value)?> FindVersionAsync(ResourceUri uri, int version, CancellationToken cancel)
    {
        if (await FindAsync(uri, cancel) is not { } current)
            return null;
        if (current.Detail.Version == version)
            return (current.Detail, current.Value);
        return version > 0 && await store.FindAsync(FormerSpace, FormerKey(uri, version), cancel) is { } row ? ReadFormer(row.Value) : null;
    }

    public async ValueTask<IReadOnlyList<ResourceDescription>> ListAsync(CancellationToken cancel)
    {
        var resources = new List<ResourceDescription>();
        foreach (var path in await store.ListAllAsync(Space, "", cancel))
        {
            if (!ResourceUri.TryParsePath(path, out var uri, out _) || await FindRowsAsync(uri, cancel) is not ({ } value, _, var detail))
                continue;
            resources.Add(new ResourceDescription(path, value.Value.Length, detail));
        }

        return resources;
    }

    private async ValueTask<(StoredValue? Value, StoredValue? Row, ResourceDetail Detail)> FindRowsAsync(ResourceUri uri, CancellationToken cancel)
    {
        var value = await store.FindAsync(Space, uri.Path, cancel);
        var row = await store.FindAsync(DetailSpace, uri.Path, cancel);
        return (value, row, row is not null ? ResourceDetail.FromRow(row.Value) : new ResourceDetail(value is null ? 0 : 1));
    }

    private static (ResourceDetail Detail, byte[] Value) ReadFormer(byte[] row)
    {
        // JSON without white space has no end of line in it.
        var end = Array.IndexOf(row, DetailEnd);
        return (ResourceDetail.FromRow(row.AsSpan(0, end)), row[(end + 1)..]);
    }

    // No name in a path has an @.
    private static string FormerPrefix(ResourceUri uri) => $"{uri.Path}@";

    private static string FormerKey(ResourceUri uri, int version) => FormerPrefix(uri) + version.ToString("d10", CultureInfo.InvariantCulture);
}

/// <summary>A secret with what is needed to change it only if nobody else did.</summary>
public sealed record StoredResource(ResourceUri Uri, byte[] Value, long ValueVersion, ResourceDetail Detail, long DetailVersion);

/// <summary>What may be said of a secret.</summary>
public sealed record ResourceDescription(string Path, int Bytes, ResourceDetail Detail);
