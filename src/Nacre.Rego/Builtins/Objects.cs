namespace Nacre.Rego.Builtins;

internal static class Objects
{
    public static readonly Builtin[] List =
    [
        new("object.get", 3, (_, a) => Get(a.Object(0), a[1], a[2])),
        new("object.keys", 1, (_, a) => new RegoSet(a.Object(0).KeySpan.ToArray())),
        new("object.remove", 2, (_, a) => Remove(a.Object(0), KeysOf(a, 1))),
        new("object.filter", 2, (_, a) => Filter(a.Object(0), KeysOf(a, 1))),
        new("object.union", 2, (c, a) => Union(c, a.Object(0), a.Object(1))),
        new("object.union_n", 1, UnionAll),
        new("object.subset", 2, (_, a) => Subset(a[0], a[1])),
    ];

    private static RegoValue? Get(RegoObject members, RegoValue key, RegoValue otherwise)
    {
        if (key is not RegoArray path)
            return members.Find(key) ?? otherwise;

        RegoValue? value = members;
        foreach (var step in path.Span)
        {
            value = Evaluate.Lookup.In(value, step);
            if (value is null)
                return otherwise;
        }

        return value;
    }

    private static HashSet<RegoValue> KeysOf(ReadOnlySpan<RegoValue> a, int at) => a[at] switch
    {
        RegoArray array => [.. array.Items],
        RegoSet set => [.. set.Items],
        RegoObject members => [.. members.Keys],
        var other => throw Operands.WrongType(at, other, "object", "set", "array"),
    };

    private static RegoObject Remove(RegoObject members, HashSet<RegoValue> keys) =>
        RegoObject.From(members.ToDictionary().Where(member => !keys.Contains(member.Key)));

    private static RegoObject Filter(RegoObject members, HashSet<RegoValue> keys) =>
        RegoObject.From(members.ToDictionary().Where(member => keys.Contains(member.Key)));

    // Objects in both are merged, all the way down; of anything else the right one wins.
    private static RegoObject Union(BuiltinCall call, RegoObject left, RegoObject right)
    {
        var merged = left.ToDictionary();
        for (var i = 0; i < right.Count; i++)
        {
            var (key, value) = (right.KeySpan[i], right.ValueSpan[i]);
            merged[key] = value is RegoObject inner && merged.TryGetValue(key, out var other) && other is RegoObject outer
                ? Union(call, outer, inner)
                : value;
        }

        call.Evaluation.Charge(merged.Count);
        return RegoObject.FromDistinct(merged);
    }

    private static RegoObject UnionAll(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var merged = RegoObject.Empty;
        foreach (var item in a.Array(0).Span)
            merged = Union(call, merged, item as RegoObject ?? throw Operands.WrongElement(0, a[0], item, "object"));

        return merged;
    }

    private static RegoBool Subset(RegoValue super, RegoValue sub) => (super, sub) switch
    {
        (RegoObject left, RegoObject right) => RegoBool.From(IsSubset(left, right)),
        (RegoSet left, RegoSet right) => RegoBool.From(right.Items.All(left.Contains)),
        (RegoArray left, RegoArray right) => RegoBool.From(right.Count == 0 || left.Span.IndexOf(right.Span) >= 0),
        (RegoArray left, RegoSet right) => RegoBool.From(right.Items.All(item => left.Span.Contains(item))),
        _ => throw new RegoBuiltinException(RegoErrorCode.EvalType, "both arguments object.subset must be of the same type or array and set"),
    };

    private static bool IsSubset(RegoObject super, RegoObject sub)
    {
        for (var i = 0; i < sub.Count; i++)
        {
            if (super.Find(sub.KeySpan[i]) is not { } value)
                return false;
            var holds = (value, sub.ValueSpan[i]) switch
            {
                (RegoObject left, RegoObject right) => IsSubset(left, right),
                (RegoSet left, RegoSet right) => right.Items.All(left.Contains),
                (RegoArray left, RegoArray right) => right.Count == 0 || left.Span.IndexOf(right.Span) >= 0,
                var (left, right) => left.Equals(right),
            };
            if (!holds)
                return false;
        }

        return true;
    }
}
