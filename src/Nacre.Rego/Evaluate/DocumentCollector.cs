namespace Nacre.Rego.Evaluate;

/// <summary>The document of a partial rule while its rules add to it: nested objects whose leaves are values or sets.</summary>
internal sealed class DocumentCollector(Syntax.Place place)
{
    private readonly Level _root = new();

    private sealed class Level
    {
        public Dictionary<RegoValue, object> Members { get; } = [];
    }

    public void Add(ReadOnlySpan<RegoValue> keys, RegoValue value, bool isSetElement)
    {
        var level = _root;
        for (var i = 0; i < keys.Length - 1; i++)
            level = Below(level, keys[i]);

        var members = level.Members;
        if (isSetElement)
        {
            if (!members.TryGetValue(keys[^1], out var set))
                members.Add(keys[^1], set = new HashSet<RegoValue>());
            if (set is not HashSet<RegoValue> elements)
                throw Conflict();
            elements.Add(value);
        }
        else if (!members.TryAdd(keys[^1], value) && !(members[keys[^1]] is RegoValue other && other.Equals(value)))
            throw Conflict();
    }

    /// <summary>Adds the value only where there is none.</summary>
    public void AddDefault(ReadOnlySpan<RegoValue> keys, RegoValue value)
    {
        var level = _root;
        for (var i = 0; i < keys.Length - 1; i++)
            level = Below(level, keys[i]);

        level.Members.TryAdd(keys[^1], value);
    }

    public RegoObject ToObject() => ToObject(_root);

    private Level Below(Level level, RegoValue key)
    {
        if (!level.Members.TryGetValue(key, out var next))
            level.Members.Add(key, next = new Level());

        return next as Level ?? throw Conflict();
    }

    private static RegoObject ToObject(Level level)
    {
        var members = new Dictionary<RegoValue, RegoValue>(level.Members.Count);
        foreach (var (key, member) in level.Members)
            members.Add(key, member switch
            {
                Level below => ToObject(below),
                HashSet<RegoValue> elements => RegoSet.FromDistinct(elements),
                _ => (RegoValue)member,
            });

        return RegoObject.FromDistinct(members);
    }

    private RegoException Conflict() => new(place.Error(RegoErrorCode.Conflict, "object keys must be unique"));
}
