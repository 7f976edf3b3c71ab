namespace Nacre.Rego;

/// <summary>Distinct values, held and enumerated in their order.</summary>
public sealed class RegoSet : RegoValue
{
    public static readonly RegoSet Empty = new([]);

    private const int WalkLimit = 8;

    private readonly RegoValue[] _items;
    private HashSet<RegoValue>? _index;

    /// <summary>Takes over the array, which must be sorted and distinct.</summary>
    internal RegoSet(RegoValue[] sortedItems) => _items = sortedItems;

    public static RegoSet From(IEnumerable<RegoValue> items) => FromDistinct([.. items]);

    internal static RegoSet FromDistinct(HashSet<RegoValue> items)
    {
        if (items.Count == 0)
            return Empty;

        var sorted = new RegoValue[items.Count];
        items.CopyTo(sorted);
        Array.Sort(sorted, ValueComparer.Instance);
        return new RegoSet(sorted);
    }

    public override RegoKind Kind => RegoKind.Set;

    public int Count => _items.Length;

    public IReadOnlyList<RegoValue> Items => _items;

    internal ReadOnlySpan<RegoValue> Span => _items;

    public bool Contains(RegoValue item)
    {
        if (_items.Length > WalkLimit)
            return (_index ?? BuildIndex()).Contains(item);

        foreach (var candidate in _items)
            if (candidate.Equals(item))
                return true;

        return false;
    }

    internal override int CompareSameKind(RegoValue other)
    {
        var items = ((RegoSet)other)._items;
        for (var i = 0; i < Math.Min(items.Length, _items.Length); i++)
        {
            var order = Compare(_items[i], items[i]);
            if (order != 0)
                return order;
        }

        return _items.Length.CompareTo(items.Length);
    }

    internal override bool EqualsSameKind(RegoValue other)
    {
        var items = ((RegoSet)other)._items;
        if (items.Length != _items.Length)
            return false;

        for (var i = 0; i < items.Length; i++)
            if (!_items[i].Equals(items[i]))
                return false;

        return true;
    }

    private protected override int ComputeHash()
    {
        var hash = new HashCode();
        hash.Add(11);
        foreach (var item in _items)
            hash.Add(item.GetHashCode());

        return hash.ToHashCode();
    }

    private HashSet<RegoValue> BuildIndex()
    {
        var index = new HashSet<RegoValue>(_items);
        Volatile.Write(ref _index, index);
        return index;
    }
}
