namespace Nacre.Rego.Types;

/// <summary>One of several types, or of all.</summary>
internal sealed class AnyType : RegoType
{
    /// <summary>Any value.</summary>
    public static readonly AnyType All = new([]);

    private AnyType(RegoType[] members)
        : base(TypeKind.Any, SizeOf(members)) => Members = members;

    /// <summary>Sorted and distinct; none means all there are.</summary>
    public RegoType[] Members { get; }

    public bool IsAll => Members.Length == 0;

    public static RegoType Of(IEnumerable<RegoType> members)
    {
        var sorted = new SortedSet<RegoType>(TypeComparer.Instance);
        foreach (var member in members)
        {
            if (member is not AnyType any)
                sorted.Add(member);
            else if (any.IsAll)
                return All;
            else
                sorted.UnionWith(any.Members);
        }

        var type = new AnyType([.. sorted]);
        return type.Size > MaxSize ? All : type;
    }

    public bool Contains(RegoType type) =>
        type.Kind != TypeKind.Function && (IsAll || Array.BinarySearch(Members, type, TypeComparer.Instance) >= 0);

    public override string ToString() => IsAll ? "any" : $"any<{string.Join<RegoType>(", ", Members)}>";
}
