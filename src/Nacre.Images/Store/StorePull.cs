using Nacre.Images.Copy;
using Nacre.Images.Encryption;
using Nacre.Images.Pull;
using Nacre.Images.Unpack;
using Nacre.Linux.Files;

namespace Nacre.Images.Store;

/// <summary>
/// Gets the layers of one image into a store, or finds them there. The key of an encrypted layer is unwrapped in either case: who does not get
/// it does not get the layer, whoever else has pulled it before.
/// </summary>
internal sealed class StorePull(LayerStore store, ImageLayers layers, UnpackOptions options, int atOnce) : IDisposable
{
    private readonly PrivateLayerOptions?[] _keys = new PrivateLayerOptions?[layers.Count];
    private readonly KeptBlob?[] _kept = new KeptBlob?[layers.Count];
    private readonly (string Own, string Chain)[] _names = new (string, string)[layers.Count];
    private readonly List<(StoredLayer Layer, DirectoryHandle Tree)> _done = [];

    /// <summary>The layers, bottom first.</summary>
    public async Task<IReadOnlyList<StoredLayer>> RunAsync(CancellationToken cancel)
    {
        var found = new StoredLayer?[layers.Count];
        for (var i = 0; i < layers.Count; i++)
        {
            _keys[i] = await layers.UnwrapKeyAsync(i, cancel);
            var own = LayerNames.Own(layers.Blob(i), layers.DiffId(i), options, options.IsPrivileged, _keys[i]);
            _names[i] = (own, LayerNames.OnTopOf(i == 0 ? "" : _names[i - 1].Chain, own));
            found[i] = store.Find(own) ?? store.Find(_names[i].Chain);
        }

        int[] missing = [.. Enumerable.Range(0, layers.Count).Where(i => found[i] is null)];
        await using var ahead = new LayersAhead(missing.Length, atOnce, (n, stop) => Task.FromResult(Open(missing[n], stop)), cancel);
        for (var i = 0; i < layers.Count; i++)
        {
            if (found[i] is { } known)
            {
                layers.Budget.AddStored(known.Entries, known.Bytes, layers.Where(i));
                layers.Report(i, ImageStep.Present);
            }

            var layer = found[i] ?? await FetchAsync(i, (await ahead.NextAsync())!, cancel);
            _done.Add((layer, store.OpenTree(layer.Name)));
        }

        return [.. _done.Select(done => done.Layer)];
    }

    public void Dispose()
    {
        foreach (var (_, tree) in _done)
            tree.Dispose();
        foreach (var key in _keys)
            key?.Dispose();
    }

    private LayerFeed Open(int position, CancellationToken cancel)
    {
        ValueTask<Stream> From(long offset) => layers.OpenBlobAsync(position, offset, cancel);
        var blob = layers.Blob(position);
        _kept[position] = KeptBlob.TryOpen(store.PartPath(blob.Digest), blob, From);
        return layers.Open(position, _keys[position], (Stream?)_kept[position] ?? new Transports.LazyStream(() => From(0)));
    }

    private async Task<StoredLayer> FetchAsync(int position, LayerFeed feed, CancellationToken cancel)
    {
        await using (feed)
        {
            try
            {
                var layer = await WriteAsync(position, feed, cancel);
                _kept[position]?.Forget();
                return layer;
            }
            catch (ImageException e) when (e.Fault is not (ImageFault.Unreachable or ImageFault.NotFound or ImageFault.Denied or ImageFault.Local))
            {
                // The content is wrong. It may be the part that was kept: only then is it worth fetching all of it once more.
                _kept[position]?.Forget();
                if (_kept[position] is not { Resumed: true })
                    throw;
            }
        }

        await using var again = Open(position, cancel);
        var fetched = await WriteAsync(position, again, cancel);
        _kept[position]?.Forget();
        return fetched;
    }

    private async Task<StoredLayer> WriteAsync(int position, LayerFeed feed, CancellationToken cancel)
    {
        var staging = store.CreateStaging();
        try
        {
            var entries = layers.Budget.Entries;
            var tree = Path.Combine(staging, "tree");
            using var writer = new RootfsBuilder(tree, options, layers.Budget, Below());
            await writer.ApplyAsync(feed, cancel);
            writer.Complete();

            using var written = DirectoryHandle.Open(tree);
            var layer = store.Publish(staging, new()
            {
                Name = writer.Layer!.NeedsBelow ? _names[position].Chain : _names[position].Own,
                DiffId = layers.DiffId(position),
                Blob = layers.Blob(position).Digest,
                Encrypted = _keys[position] is not null,
                Tree = TreeDigest.Of(written),
                Entries = layers.Budget.Entries - entries,
                Bytes = feed.Total,
                HidesAll = writer.Layer.HidesAll,
                HasRoot = writer.HasRoot,
                Notes = writer.Notes,
            });
            layers.Report(position, ImageStep.Unpacked);
            return layer;
        }
        catch
        {
            store.Discard(staging);
            throw;
        }
    }

    // Top first, and nothing below a layer that hides all.
    private List<DirectoryHandle> Below()
    {
        var below = new List<DirectoryHandle>();
        for (var i = _done.Count - 1; i >= 0; i--)
        {
            below.Add(_done[i].Tree);
            if (_done[i].Layer.HidesAll)
                break;
        }

        return below;
    }
}
