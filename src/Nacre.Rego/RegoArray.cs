namespace Nacre.Rego;

public sealed class RegoArray : RegoValue
{
    public static readonly RegoArray Empty = new([]);

    private readonly RegoValue[] _items;

    /// <summary>Takes over the array: the caller must not change it afterwards.</summary>
    internal RegoArray(RegoValue[] items) => _items = items;

    public static RegoArray From(IEnumerable<RegoValue> items) => new([.. items]);

    public override RegoKind Kind => RegoKind.Array;

    public int Count => _items.Length;

    public RegoValue this[int index] => _items[index];

    public IReadOnlyList<RegoValue> Items => _items;

    internal ReadOnlySpan<RegoValue> Span => _items;

    internal override int CompareSameKind(RegoValue other)
    {
        var items = ((RegoArray)other)._items;
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
        var items = ((RegoArray)other)._items;
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
        foreach (var item in _items)
            hash.Add(item.GetHashCode());

        return hash.ToHashCode();
    }
}
