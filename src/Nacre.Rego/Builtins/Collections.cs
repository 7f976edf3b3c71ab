namespace Nacre.Rego.Builtins;

/// <summary>Arrays and sets.</summary>
internal static class Collections
{
    public static readonly Builtin[] List =
    [
        new("array.concat", 2, (c, a) => Charged(c, [.. a.Array(0).Span, .. a.Array(1).Span])),
        new("array.slice", 3, Slice),
        new("array.reverse", 1, (c, a) => Charged(c, [.. a.Array(0).Items.Reverse()])),
        new("array.flatten", 1, (c, a) => Charged(c, [.. a.Array(0).Items.SelectMany(item => item is RegoArray inner ? inner.Items : [item])])),
        new("and", 2, (_, a) => Intersect(a.Set(0), a.Set(1))),
        new("or", 2, (c, a) => Union(c, [a.Set(0), a.Set(1)])),
        new("set_diff", 2, (_, a) => Except(a.Set(0), a.Set(1))),
        new("intersection", 1, (_, a) => IntersectAll(a.Set(0))),
        new("union", 1, (c, a) => Union(c, Sets(a.Set(0)))),
    ];

    private static RegoArray Charged(BuiltinCall call, RegoValue[] items)
    {
        call.Evaluation.Charge(items.Length);
        return new RegoArray(items);
    }

    private static RegoArray Slice(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var array = a.Array(0);
        var start = Math.Max(0, a.Int(1));
        var stop = Math.Min(array.Count, a.Int(2));
        return start >= stop ? RegoArray.Empty : Charged(call, array.Span[start..stop].ToArray());
    }

    private static RegoSet Intersect(RegoSet left, RegoSet right) => new([.. left.Items.Where(right.Contains)]);

    private static RegoSet Except(RegoSet left, RegoSet right) => new([.. left.Items.Where(item => !right.Contains(item))]);

    private static RegoSet IntersectAll(RegoSet sets)
    {
        var all = Sets(sets);
        return all.Count == 0 ? RegoSet.Empty : all.Aggregate(Intersect);
    }

    private static RegoSet Union(BuiltinCall call, IEnumerable<RegoSet> sets)
    {
        var items = new HashSet<RegoValue>();
        foreach (var set in sets)
            items.UnionWith(set.Items);

        call.Evaluation.Charge(items.Count);
        return RegoSet.FromDistinct(items);
    }

    private static List<RegoSet> Sets(RegoSet sets) =>
        [.. sets.Items.Select(item => item as RegoSet ?? throw Operands.WrongElement(0, sets, item, "set"))];
}
