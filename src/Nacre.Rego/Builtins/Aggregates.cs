using Nacre.Rego.Json;

namespace Nacre.Rego.Builtins;

internal static class Aggregates
{
    public static readonly Builtin[] List =
    [
        new("count", 1, (_, a) => RegoNumber.From(Count(a[0]))),
        new("sum", 1, (c, a) => Fold(c, a, RegoNumber.Zero, Arithmetic.Plus)),
        new("product", 1, (c, a) => Fold(c, a, RegoNumber.From(1), Arithmetic.Multiply)),
        new("max", 1, (_, a) => Extreme(a.Items(0), 1)),
        new("min", 1, (_, a) => Extreme(a.Items(0), -1)),
        new("sort", 1, Sort),
        new("all", 1, (_, a) => RegoBool.From(!Any(a.Items(0), item => item is not RegoBool { Value: true }))),
        new("any", 1, (_, a) => RegoBool.From(Any(a.Items(0), item => item is RegoBool { Value: true }))),
    ];

    private static int Count(RegoValue value) => value switch
    {
        RegoString text => GoText.CountRunes(text.Value),
        RegoArray array => array.Count,
        RegoObject members => members.Count,
        RegoSet set => set.Count,
        _ => throw Operands.WrongType(0, value, "array", "object", "set", "string"),
    };

    private static RegoNumber Fold(BuiltinCall call, ReadOnlySpan<RegoValue> a, RegoNumber start, Func<RegoNumber, RegoNumber, RegoNumber> combine)
    {
        call.Evaluation.Steps(a.Items(0).Length);
        foreach (var item in a.Items(0))
            start = combine(start, item as RegoNumber ?? throw Operands.WrongElement(0, a[0], item, "number"));

        return start;
    }

    private static RegoValue? Extreme(ReadOnlySpan<RegoValue> items, int sign)
    {
        RegoValue? best = null;
        foreach (var item in items)
            if (best is null || RegoValue.Compare(item, best) * sign >= 0)
                best = item;

        return best;
    }

    private static RegoArray Sort(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var items = a.Items(0).ToArray();
        call.Evaluation.Charge(items.Length);
        System.Array.Sort(items, ValueComparer.Instance);
        return new RegoArray(items);
    }

    private static bool Any(ReadOnlySpan<RegoValue> items, Func<RegoValue, bool> holds)
    {
        foreach (var item in items)
            if (holds(item))
                return true;

        return false;
    }
}
