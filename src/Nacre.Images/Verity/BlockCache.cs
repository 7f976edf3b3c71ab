namespace Nacre.Images.Verity;

/// <summary>So many blocks by their key; the least recently used one goes when there is no place.</summary>
internal sealed class BlockCache<TKey>(int capacity)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, byte[] Bytes)>> _byKey = [];
    private readonly LinkedList<(TKey Key, byte[] Bytes)> _byUse = new();

    public byte[]? Find(TKey key)
    {
        if (!_byKey.TryGetValue(key, out var node))
            return null;

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        return node.Value.Bytes;
    }

    public void Add(TKey key, byte[] bytes)
    {
        if (_byKey.Remove(key, out var old))
            _byUse.Remove(old);
        if (_byKey.Count >= capacity)
        {
            _byKey.Remove(_byUse.Last!.Value.Key);
            _byUse.RemoveLast();
        }

        _byKey[key] = _byUse.AddFirst((key, bytes));
    }
}
