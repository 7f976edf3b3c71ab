namespace Nacre.Rego.Types;

/// <summary>Members of known keys, in their order, and members of other keys, if there may be any.</summary>
internal sealed class ObjectType : RegoType
{
    private ObjectType((RegoValue Key, RegoType? Value)[] members, (RegoType? Key, RegoType? Value)? others)
        : base(TypeKind.Object, SizeOf([.. members.Select(member => member.Value), others?.Key, others?.Value])) =>
        (Members, Others) = (members, others);

    public (RegoValue Key, RegoType? Value)[] Members { get; }

    /// <summary>The type of all keys, and that of all values, of which no single one is known.</summary>
    public (RegoType? Key, RegoType? Value)? Others { get; }

    public override bool HasUnknown =>
        Array.Exists(Members, member => IsUnknown(member.Value))
        || (Others is { } others && (IsUnknown(others.Key) || IsUnknown(others.Value)));

    /// <param name="members">Keys are scalars; of equal keys the last wins.</param>
    /// <param name="others">Null if there are no others.</param>
    public static RegoType Of(IEnumerable<(RegoValue Key, RegoType? Value)> members, (RegoType? Key, RegoType? Value)? others)
    {
        var distinct = new SortedDictionary<RegoValue, RegoType?>(ValueComparer.Instance);
        foreach (var (key, value) in members)
            distinct[key] = value;

        var type = new ObjectType([.. distinct.Select(member => (member.Key, member.Value))], others);
        return type.Size > MaxSize ? AnyType.All : type;
    }

    /// <summary>An object of which only the types of keys and values are known.</summary>
    public static RegoType Of(RegoType? key, RegoType? value) => Of([], (key, value));

    public RegoType? Select(RegoValue key)
    {
        var (low, high) = (0, Members.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = RegoValue.Compare(Members[middle].Key, key);
            if (order == 0)
                return Members[middle].Value;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return Others is { Key: { } keys, Value: var values } && TypeAlgebra.Contains(keys, TypeAlgebra.TypeOf(key)) ? values : null;
    }

    public override string ToString() =>
        "object"
        + (Members.Length == 0 ? "" : $"<{string.Join(", ", Members.Select(member => $"{KeyText(member.Key)}: {Text(member.Value)}"))}>")
        + (Others is { } others ? $"[{Text(others.Key)}: {Text(others.Value)}]" : "");

    private static string KeyText(RegoValue key) => key is RegoString text ? text.Value : key.ToString()!;
}
