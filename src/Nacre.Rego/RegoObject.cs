using System.Diagnostics.CodeAnalysis;

namespace Nacre.Rego;

/// <summary>Keys of any type to values, held and enumerated in the order of the keys.</summary>
public sealed class RegoObject : RegoValue
{
    public static readonly RegoObject Empty = new([], []);

    // Below this a walk over cached hashes is faster than a table, and needs none.
    private const int WalkLimit = 8;

    private readonly RegoValue[] _keys;
    private readonly RegoValue[] _values;
    private Dictionary<RegoValue, int>? _index;

    /// <summary>Takes over both arrays; the keys must be sorted and distinct.</summary>
    internal RegoObject(RegoValue[] sortedKeys, RegoValue[] values) => (_keys, _values) = (sortedKeys, values);

    public static RegoObject From(IEnumerable<KeyValuePair<string, RegoValue>> members) =>
        From(members.Select(member => new KeyValuePair<RegoValue, RegoValue>(new RegoString(member.Key), member.Value)));

    /// <summary>Of equal keys the last wins.</summary>
    public static RegoObject From(IEnumerable<KeyValuePair<RegoValue, RegoValue>> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        var distinct = new Dictionary<RegoValue, RegoValue>();
        foreach (var (key, value) in members)
            distinct[key] = value;

        return FromDistinct(distinct);
    }

    internal static RegoObject FromDistinct(Dictionary<RegoValue, RegoValue> members)
    {
        if (members.Count == 0)
            return Empty;

        var keys = new RegoValue[members.Count];
        var values = new RegoValue[members.Count];
        members.Keys.CopyTo(keys, 0);
        members.Values.CopyTo(values, 0);
        Array.Sort(keys, values, ValueComparer.Instance);
        return new RegoObject(keys, values);
    }

    public override RegoKind Kind => RegoKind.Object;

    public int Count => _keys.Length;

    public IReadOnlyList<RegoValue> Keys => _keys;

    public IReadOnlyList<RegoValue> Values => _values;

    public RegoValue? this[string key] => Find(new RegoString(key));

    public bool TryGetValue(string key, [NotNullWhen(true)] out RegoValue? value) => (value = Find(new RegoString(key))) is not null;

    internal ReadOnlySpan<RegoValue> KeySpan => _keys;

    internal ReadOnlySpan<RegoValue> ValueSpan => _values;

    internal RegoValue? Find(RegoValue key)
    {
        var index = IndexOf(key);
        return index < 0 ? null : _values[index];
    }

    internal int IndexOf(RegoValue key)
    {
        if (_keys.Length > WalkLimit)
            return (_index ?? BuildIndex()).TryGetValue(key, out var found) ? found : -1;

        for (var i = 0; i < _keys.Length; i++)
            if (_keys[i].Equals(key))
                return i;

        return -1;
    }

    internal RegoObject With(RegoValue key, RegoValue value)
    {
        var at = IndexOf(key);
        if (at >= 0)
        {
            var values = (RegoValue[])_values.Clone();
            values[at] = value;
            return new RegoObject(_keys, values);
        }

        at = ~Array.BinarySearch(_keys, key, ValueComparer.Instance);
        return new RegoObject([.. _keys[..at], key, .. _keys[at..]], [.. _values[..at], value, .. _values[at..]]);
    }

    internal RegoObject Without(RegoValue key)
    {
        var at = IndexOf(key);
        return at < 0 ? this : new RegoObject([.. _keys[..at], .. _keys[(at + 1)..]], [.. _values[..at], .. _values[(at + 1)..]]);
    }

    internal Dictionary<RegoValue, RegoValue> ToDictionary()
    {
        var members = new Dictionary<RegoValue, RegoValue>(_keys.Length);
        for (var i = 0; i < _keys.Length; i++)
            members.Add(_keys[i], _values[i]);

        return members;
    }

    internal override int CompareSameKind(RegoValue other)
    {
        // OPA: keys in order, then the value of each, then the number of members.
        var that = (RegoObject)other;
        for (var i = 0; i < Math.Min(_keys.Length, that._keys.Length); i++)
        {
            var order = Compare(_keys[i], that._keys[i]);
            if (order == 0)
                order = Compare(_values[i], that._values[i]);
            if (order != 0)
                return order;
        }

        return _keys.Length.CompareTo(that._keys.Length);
    }

    internal override bool EqualsSameKind(RegoValue other)
    {
        var that = (RegoObject)other;
        if (that._keys.Length != _keys.Length)
            return false;

        for (var i = 0; i < _keys.Length; i++)
            if (!_keys[i].Equals(that._keys[i]) || !_values[i].Equals(that._values[i]))
                return false;

        return true;
    }

    private protected override int ComputeHash()
    {
        var hash = new HashCode();
        for (var i = 0; i < _keys.Length; i++)
            hash.Add(HashCode.Combine(_keys[i].GetHashCode(), _values[i].GetHashCode()));

        return hash.ToHashCode();
    }

    // Two threads may build it at once; both build the same.
    private Dictionary<RegoValue, int> BuildIndex()
    {
        var index = new Dictionary<RegoValue, int>(_keys.Length);
        for (var i = 0; i < _keys.Length; i++)
            index.Add(_keys[i], i);

        Volatile.Write(ref _index, index);
        return index;
    }
}
