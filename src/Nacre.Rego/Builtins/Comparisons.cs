namespace Nacre.Rego.Builtins;

internal static class Comparisons
{
    public static readonly Builtin[] List =
    [
        new("equal", 2, (_, a) => RegoBool.From(a[0].Equals(a[1]))),
        new("neq", 2, (_, a) => RegoBool.From(!a[0].Equals(a[1]))),
        new("lt", 2, (_, a) => RegoBool.From(RegoValue.Compare(a[0], a[1]) < 0)),
        new("lte", 2, (_, a) => RegoBool.From(RegoValue.Compare(a[0], a[1]) <= 0)),
        new("gt", 2, (_, a) => RegoBool.From(RegoValue.Compare(a[0], a[1]) > 0)),
        new("gte", 2, (_, a) => RegoBool.From(RegoValue.Compare(a[0], a[1]) >= 0)),
        new("internal.member_2", 2, (_, a) => RegoBool.From(IsMember(a[0], a[1]))),
        new("internal.member_3", 3, (_, a) => RegoBool.From(IsMember(a[0], a[1], a[2]))),
    ];

    private static bool IsMember(RegoValue item, RegoValue collection) => collection switch
    {
        RegoArray array => array.Span.Contains(item),
        RegoSet set => set.Contains(item),
        RegoObject members => members.ValueSpan.Contains(item),
        _ => false,
    };

    private static bool IsMember(RegoValue key, RegoValue item, RegoValue collection) =>
        Evaluate.Lookup.In(collection, key) is { } value && value.Equals(item);
}
