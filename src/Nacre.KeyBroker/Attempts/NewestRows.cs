using Nacre.Storage;

namespace Nacre.KeyBroker.Attempts;

/// <summary>
/// Keeps the newest rows of a namespace whose keys sort by time. The rows are counted now and then, as other processes add and remove too;
/// in between only the oldest are looked at. Used by one caller at a time.
/// </summary>
internal sealed class NewestRows(IKeyValueStore store, string space, int kept)
{
    private const int CountEvery = 64;
    private const int MostAtOnce = 1000;

    private int _count;
    private int _rounds;

    public string Space => space;

    /// <summary>The removals that make room.</summary>
    /// <param name="coming">Rows that are about to be added.</param>
    /// <param name="written">Rows that were added since this was last called.</param>
    /// <param name="cancel">Ends the attempt.</param>
    public async ValueTask<IEnumerable<StoreWrite>> MakeRoomAsync(int coming, int written, CancellationToken cancel)
    {
        _count = _rounds++ % CountEvery == 0 ? (await store.ListAllAsync(space, "", cancel)).Count : _count + written;
        var surplus = Math.Min(_count + coming - kept, MostAtOnce);
        var oldest = surplus > 0 ? await store.ListAsync(space, "", null, surplus, cancel) : [];
        _count += coming - oldest.Count;
        return oldest.Select(key => StoreWrite.Delete(space, key));
    }
}
