namespace Nacre.Rego.Evaluate;

/// <summary>
/// A place in <c>data</c> below which there are rules: a node of the tree of rules and the base document at the same path. Only inside
/// an evaluation; whatever leaves it has been made a document.
/// </summary>
internal sealed class DataCursor(TreeNode node, RegoValue? document) : RegoValue
{
    public override RegoKind Kind => RegoKind.Object;

    public RegoValue? Child(Evaluation e, RegoValue key)
    {
        var below = document is null ? null : Lookup.InBase(document, key);
        if (!node.Children.TryGetValue(key, out var child) || e.IsReplaced(child.Path))
            return below;
        if (child.Group is not { } group)
            return new DataCursor(child, below);

        return group.Kind == RuleKind.Function ? null : e.Evaluate(group);
    }

    public RegoValue[] Keys(Evaluation e)
    {
        var keys = new HashSet<RegoValue>(node.Children.Keys);
        if (document is RegoObject members)
            keys.UnionWith(members.Keys);

        var sorted = keys.ToArray();
        Array.Sort(sorted, ValueComparer.Instance);
        e.Charge(sorted.Length);
        return sorted;
    }

    public RegoObject ToDocument(Evaluation e)
    {
        var members = document is RegoObject @base ? @base.ToDictionary() : [];
        foreach (var (key, child) in node.Children)
        {
            if (child.Group is { Kind: RuleKind.Function } || e.IsReplaced(child.Path))
                continue;
            if (Child(e, key) is not { } value)
                continue;

            // Where both are, the base document wins; objects are merged.
            var below = e.Document(value);
            members[key] = child.Group is not null && members.TryGetValue(key, out var other) ? Merge(other, below) : below;
        }

        e.Charge(members.Count);
        return RegoObject.FromDistinct(members);
    }

    private static RegoValue Merge(RegoValue @base, RegoValue @virtual)
    {
        if (@base is not RegoObject left || @virtual is not RegoObject right)
            return @base;

        var merged = right.ToDictionary();
        foreach (var (key, value) in left.ToDictionary())
            merged[key] = merged.TryGetValue(key, out var other) ? Merge(value, other) : value;
        return RegoObject.FromDistinct(merged);
    }

    internal override int CompareSameKind(RegoValue other) => throw new InvalidOperationException();

    internal override bool EqualsSameKind(RegoValue other) => throw new InvalidOperationException();

    private protected override int ComputeHash() => throw new InvalidOperationException();
}
