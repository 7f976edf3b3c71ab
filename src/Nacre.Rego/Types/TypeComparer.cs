namespace Nacre.Rego.Types;

/// <summary>The order of types, which is the one unions are printed in.</summary>
internal sealed class TypeComparer : IComparer<RegoType>
{
    public static readonly TypeComparer Instance = new();

    public int Compare(RegoType? x, RegoType? y)
    {
        if (ReferenceEquals(x, y))
            return 0;
        if (x is null || y is null)
            return x is null ? -1 : 1;
        if (x.Kind != y.Kind)
            return x.Kind.CompareTo(y.Kind);

        return (x, y) switch
        {
            (ArrayType left, ArrayType right) => First(Compare(left.Rest, right.Rest), () => CompareAll(left.Items, right.Items)),
            (ObjectType left, ObjectType right) => CompareObjects(left, right),
            (SetType left, SetType right) => Compare(left.Element, right.Element),
            (AnyType left, AnyType right) => CompareAll(left.Members, right.Members),
            (FunctionType left, FunctionType right) =>
                First(CompareAll(left.Arguments, right.Arguments), () => Compare(left.Result, right.Result)),
            _ => 0,
        };
    }

    private int CompareObjects(ObjectType left, ObjectType right)
    {
        if (left.Others is null != right.Others is null)
            return left.Others is null ? -1 : 1;
        if (left.Others is { } others && right.Others is { } rightOthers)
        {
            var order = First(Compare(others.Key, rightOthers.Key), () => Compare(others.Value, rightOthers.Value));
            if (order != 0)
                return order;
        }

        foreach (var (one, other) in left.Members.Zip(right.Members))
        {
            var order = First(RegoValue.Compare(one.Key, other.Key), () => Compare(one.Value, other.Value));
            if (order != 0)
                return order;
        }

        return left.Members.Length.CompareTo(right.Members.Length);
    }

    private int CompareAll(RegoType?[] left, RegoType?[] right)
    {
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
            if (Compare(left[i], right[i]) is var order and not 0)
                return order;

        return left.Length.CompareTo(right.Length);
    }

    private static int First(int order, Func<int> next) => order != 0 ? order : next();
}
