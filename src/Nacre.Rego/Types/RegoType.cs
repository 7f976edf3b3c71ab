namespace Nacre.Rego.Types;

/// <summary>Kinds of types, in the order in which types sort inside a union.</summary>
internal enum TypeKind
{
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
    Set,
    Any,
    Function,
}

/// <summary>
/// What is known of a value before it is computed. Immutable. Its text is the one OPA prints. A null reference stands for a type of which
/// nothing is known yet, which is not <see cref="AnyType.All"/>: the first use settles it.
/// </summary>
internal abstract class RegoType(TypeKind kind, int size)
{
    /// <summary>A type made of more parts than this becomes <c>any</c>: tables of data must not cost time when compiling.</summary>
    public const int MaxSize = 1000;

    public static readonly RegoType Null = new ScalarType(TypeKind.Null);
    public static readonly RegoType Boolean = new ScalarType(TypeKind.Boolean);
    public static readonly RegoType Number = new ScalarType(TypeKind.Number);
    public static readonly RegoType String = new ScalarType(TypeKind.String);

    public TypeKind Kind => kind;

    /// <summary>Number of types in it, itself included.</summary>
    public int Size => size;

    /// <summary>Something in it is not known yet.</summary>
    public virtual bool HasUnknown => false;

    public static string Text(RegoType? type) => type?.ToString() ?? "???";

    public static bool IsUnknown(RegoType? type) => type is null || type.HasUnknown;

    public static RegoType OfKind(RegoKind scalar) => scalar switch
    {
        RegoKind.Null => Null,
        RegoKind.Boolean => Boolean,
        RegoKind.Number => Number,
        _ => String,
    };

    protected static int SizeOf(IEnumerable<RegoType?> parts) => 1 + parts.Sum(part => part?.Size ?? 1);
}

internal sealed class ScalarType(TypeKind kind) : RegoType(kind, 1)
{
    public override string ToString() => Kind.ToString().ToLowerInvariant();
}

/// <summary>A beginning of known items, then any number of items of one type, if there is one.</summary>
internal sealed class ArrayType : RegoType
{
    private ArrayType(RegoType?[] items, RegoType? rest)
        : base(TypeKind.Array, SizeOf([.. items, rest])) =>
        (Items, Rest, HasUnknown) = (items, rest, Array.Exists(items, IsUnknown) || rest is { HasUnknown: true });

    public RegoType?[] Items { get; }

    public RegoType? Rest { get; }

    public override bool HasUnknown { get; }

    /// <summary>Some items of this type.</summary>
    public static RegoType Of(RegoType? rest) => new ArrayType([], rest);

    /// <summary>These items; the empty array may have been meant to hold anything.</summary>
    public static RegoType Of(RegoType?[] items) => Of(items, items.Length == 0 ? AnyType.All : null);

    public static RegoType Of(RegoType?[] items, RegoType? rest)
    {
        var type = new ArrayType(items, rest);
        return type.Size > MaxSize ? AnyType.All : type;
    }

    public RegoType? Select(int index) => index < 0 ? null : index < Items.Length ? Items[index] : Rest;

    public override string ToString() =>
        "array" + (Items.Length == 0 ? "" : $"<{string.Join(", ", Items.Select(Text))}>") + (Rest is null ? "" : $"[{Rest}]");
}

/// <summary>All elements have one type.</summary>
internal sealed class SetType : RegoType
{
    private SetType(RegoType? element)
        : base(TypeKind.Set, SizeOf([element])) => Element = element;

    public RegoType? Element { get; }

    public override bool HasUnknown => IsUnknown(Element);

    public static RegoType Of(RegoType? element)
    {
        var type = new SetType(element);
        return type.Size > MaxSize ? AnyType.All : type;
    }

    public override string ToString() => $"set[{Text(Element)}]";
}

/// <summary>A function. Names of arguments are known of builtins only, and are there to be printed.</summary>
internal sealed class FunctionType(RegoType?[] arguments, RegoType? result, string?[]? names = null)
    : RegoType(TypeKind.Function, SizeOf([.. arguments, result]))
{
    public RegoType?[] Arguments => arguments;

    /// <summary>Null if there is none.</summary>
    public RegoType? Result => result;

    public override bool HasUnknown => Array.Exists(arguments, IsUnknown) || IsUnknown(result);

    /// <summary>What a call wants, the place for its result included.</summary>
    public string Wanted
    {
        get
        {
            RegoType?[] all = result is null ? arguments : [.. arguments, result];
            return $"({string.Join(", ", all.Select((type, i) => names?[i] is { } name ? $"{name}: {Text(type)}" : Text(type)))})";
        }
    }

    public override string ToString() => $"({string.Join(", ", arguments.Select(Text))}) => {Text(result)}";
}
