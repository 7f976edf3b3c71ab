namespace Nacre.Rego.Types;

/// <summary>
/// Types of the documents that rules make, as a tree below <c>data</c>. Where no rule is there may be base data, of which nothing is known.
/// Filled while a program is compiled and never changed afterwards.
/// </summary>
internal sealed class RuleTypes
{
    private readonly Dictionary<RegoValue, RuleTypes> _children = [];

    /// <summary>Of the document that rules make here; null for a package.</summary>
    public RegoType? Type { get; private set; }

    public IEnumerable<RegoValue> Keys => _children.Keys;

    public RuleTypes? Child(RegoValue key) => _children.GetValueOrDefault(key);

    public FunctionType? FindFunction(IEnumerable<RegoValue> path)
    {
        RuleTypes? node = this;
        foreach (var key in path)
            node = node?.Child(key);

        return node?.Type as FunctionType;
    }

    /// <summary>The type of everything from here down: known rules, and whatever base data adds.</summary>
    public RegoType Extent() => Type ?? (Count(RegoType.MaxSize) > RegoType.MaxSize
        ? AnyType.All
        : ObjectType.Of(
            _children
                .Where(child => child.Key is RegoString or RegoNumber or RegoBool)
                .Select(child => (child.Key, (RegoType?)child.Value.Extent())),
            (RegoType.String, AnyType.All)));

    /// <summary>The type of what these operands find; null for one that is not constant.</summary>
    public RegoType? Select(IReadOnlyList<RegoValue?> path)
    {
        var node = this;
        for (var i = 0; i < path.Count; i++)
        {
            var child = path[i] is { } key ? node.Child(key) : null;
            if (child is null)
                return Lookup(node.Type ?? AnyType.All, path, i);
            node = child;
        }

        return node.Extent();
    }

    public static RegoType? Lookup(RegoType? type, IReadOnlyList<RegoValue?> path, int from)
    {
        for (var i = from; i < path.Count && type is not null; i++)
            type = path[i] is { } key ? TypeAlgebra.Select(type, key) : TypeAlgebra.Values(type);

        return type;
    }

    /// <summary>One more rule at a path. What is already known there, above and below is united with it.</summary>
    public void Add(ReadOnlySpan<RegoValue> path, RegoType type)
    {
        var node = this;
        for (var i = 0; i < path.Length; i++)
        {
            if (!node._children.TryGetValue(path[i], out var child))
                node._children.Add(path[i], child = new RuleTypes());
            else if (i + 1 < path.Length && child.Type is ObjectType above)
                child.Type = WithMember(above, path[(i + 1)..], type);
            node = child;
        }

        var isFirst = node.Type is null;
        node.Type = Merge(node.Type, type);
        if (isFirst)
            foreach (var (below, known) in node.Below())
                if (node.Type is ObjectType members)
                    node.Type = WithMember(members, below, known);
    }

    private IEnumerable<(RegoValue[] Path, RegoType Type)> Below() => _children.SelectMany(child => child.Value.Type is { } type
        ? [([child.Key], type)]
        : child.Value.Below().Select(deeper => ((RegoValue[])[child.Key, .. deeper.Path], deeper.Type)));

    private int Count(int limit)
    {
        var count = Type?.Size ?? 1;
        if (Type is null)
            foreach (var child in _children.Values)
                if (count <= limit)
                    count += child.Count(limit - count);

        return count;
    }

    private static RegoType WithMember(ObjectType members, ReadOnlySpan<RegoValue> path, RegoType type)
    {
        for (var i = path.Length - 1; i > 0; i--)
            type = ObjectType.Of(TypeAlgebra.TypeOf(path[i]), type);

        return ObjectType.Of(
            members.Members,
            (TypeAlgebra.Union(members.Others?.Key, TypeAlgebra.TypeOf(path[0])), TypeAlgebra.Union(members.Others?.Value, type)));
    }

    // Rules that add to one document: elements of a set, members of an object.
    private static RegoType? Merge(RegoType? left, RegoType? right) => (left, right) switch
    {
        (SetType one, SetType other) => SetType.Of(TypeAlgebra.Union(one.Element, other.Element)),
        (ObjectType { Members: [], Others: { } one }, ObjectType { Members: [], Others: { } other }) =>
            ObjectType.Of(TypeAlgebra.Union(one.Key, other.Key), Merge(one.Value, other.Value)),
        _ => TypeAlgebra.Union(left, right),
    };
}
