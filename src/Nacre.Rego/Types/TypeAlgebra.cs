namespace Nacre.Rego.Types;

/// <summary>What can be said of types: their union, what may be looked up in them, whether two may have a value in common.</summary>
internal static class TypeAlgebra
{
    /// <summary>The smallest type that has both; a type not known adds nothing.</summary>
    public static RegoType? Union(RegoType? left, RegoType? right) => (left, right) switch
    {
        (null, _) => right,
        (_, null) => left,
        (FunctionType one, FunctionType other) => Union(one, other),
        (FunctionType, _) or (_, FunctionType) => AnyType.All,
        (AnyType any, _) when any.Contains(right) => any,
        (_, AnyType any) when any.Contains(left) => any,
        _ when TypeComparer.Instance.Compare(left, right) == 0 => left,
        _ => AnyType.Of([left, right]),
    };

    public static RegoType? UnionAll(IEnumerable<RegoType?> types)
    {
        var known = types.OfType<RegoType>().ToList();
        return known.Count switch
        {
            0 => null,
            1 => known[0],
            _ => AnyType.Of(known) switch
            {
                AnyType { Members: [var only] } => only,
                var union => union,
            },
        };
    }

    public static bool Contains(RegoType type, RegoType other) =>
        type is AnyType any ? any.Contains(other) : TypeComparer.Instance.Compare(type, other) == 0;

    /// <summary>The type of a constant.</summary>
    public static RegoType TypeOf(RegoValue value) => value switch
    {
        RegoArray array => ArrayType.Of([.. array.Items.Select(TypeOf)]),
        RegoSet set => SetType.Of(UnionAll(set.Items.Select(TypeOf)) ?? AnyType.All),
        RegoObject members => ObjectType.Of(
            members.Keys.Zip(members.Values, (key, member) => (key, (RegoType?)TypeOf(member))),
            members.Count == 0 ? (AnyType.All, AnyType.All) : null),
        _ => RegoType.OfKind(value.Kind),
    };

    /// <summary>The type of what can be looked up in a collection; null for what is none.</summary>
    public static RegoType? Keys(RegoType? type) => type switch
    {
        ArrayType => RegoType.Number,
        ObjectType members => UnionAll([.. members.Members.Select(member => TypeOf(member.Key)), members.Others?.Key]),
        SetType set => set.Element,
        AnyType { IsAll: true } => AnyType.All,
        AnyType any => UnionAll(any.Members.Select(Keys)),
        _ => null,
    };

    /// <summary>The type of what a lookup gives; null for what is no collection.</summary>
    public static RegoType? Values(RegoType? type) => type switch
    {
        ArrayType array => UnionAll([.. array.Items, array.Rest]),
        ObjectType members => UnionAll([.. members.Members.Select(member => member.Value), members.Others?.Value]),
        SetType set => set.Element,
        AnyType { IsAll: true } => AnyType.All,
        AnyType any => UnionAll(any.Members.Select(Values)),
        _ => null,
    };

    /// <summary>The type of what looking up a scalar gives; null if there can be nothing.</summary>
    public static RegoType? Select(RegoType? type, RegoValue key) => type switch
    {
        ArrayType array => key is RegoNumber number && int.TryParse(number.Text, out var index) ? array.Select(index) : null,
        ObjectType members => members.Select(key),
        SetType { Element: { } element } => Contains(element, TypeOf(key)) ? TypeOf(key) : null,
        AnyType { IsAll: true } => AnyType.All,
        AnyType any => UnionAll(any.Members.Select(member => Select(member, key))),
        _ => null,
    };

    /// <summary>False if no value can be of both types.</summary>
    public static bool Unifies(RegoType? left, RegoType? right) => (left, right) switch
    {
        (null, _) or (_, null) => false,
        (AnyType any, _) => right is not FunctionType && (any.IsAll || Array.Exists(any.Members, member => Unifies(member, right))),
        (_, AnyType any) => left is not FunctionType && (any.IsAll || Array.Exists(any.Members, member => Unifies(left, member))),
        (ArrayType one, ArrayType other) => UnifiesArrays(one, other),
        (ObjectType one, ObjectType other) => UnifiesObjects(one, other),
        (SetType one, SetType other) => Unifies(one.Element, other.Element),
        (FunctionType one, FunctionType other) => one.Arguments.Length == other.Arguments.Length
            && one.Arguments.Zip(other.Arguments).All(pair => Unifies(pair.First, pair.Second)),
        _ => left.Kind == right.Kind,
    };

    private static FunctionType Union(FunctionType one, FunctionType other) =>
        new([.. one.Arguments.Zip(other.Arguments, Union)], Union(one.Result, other.Result));

    private static bool UnifiesArrays(ArrayType one, ArrayType other)
    {
        for (var i = 0; i < Math.Max(one.Items.Length, other.Items.Length); i++)
            if (!Unifies(one.Select(i), other.Select(i)))
                return false;

        return one.Rest is null || other.Rest is null || Unifies(one.Rest, other.Rest);
    }

    private static bool UnifiesObjects(ObjectType one, ObjectType other) =>
        Array.TrueForAll(one.Members, member => Unifies(member.Value, other.Select(member.Key)))
        && Array.TrueForAll(other.Members, member => Unifies(member.Value, one.Select(member.Key)))
        && (one.Others?.Value is not { } values || other.Others?.Value is not { } others || Unifies(values, others));
}
