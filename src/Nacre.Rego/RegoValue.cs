using System.Text.Json;
using Nacre.Rego.Json;

namespace Nacre.Rego;

/// <summary>The seven types of Rego, in the order in which values of different types sort.</summary>
public enum RegoKind
{
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
    Set,
}

/// <summary>
/// An immutable value of the policy language: JSON plus sets. Equality is structural (<c>1</c> equals <c>1.0</c>) and every two
/// values are ordered. Safe to share between threads.
/// </summary>
public abstract class RegoValue : IEquatable<RegoValue>
{
    private int _hash;

    private protected RegoValue()
    {
    }

    public abstract RegoKind Kind { get; }

    /// <summary>Reads one JSON document in UTF-8. Numbers keep their text; of equal keys the last wins.</summary>
    /// <exception cref="RegoException">The text is not JSON, or nested deeper than <see cref="JsonValueReader.MaxDepth"/>.</exception>
    public static RegoValue Parse(ReadOnlySpan<byte> utf8Json) => JsonValueReader.Read(utf8Json);

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static RegoValue Parse(string json) => JsonValueReader.Read(GoText.ToBytes(json));

    /// <summary>Reads the first document of a YAML text, as far as JSON can say the same.</summary>
    /// <exception cref="RegoException">The text is not YAML, too large, or nested too deep.</exception>
    public static RegoValue ParseYaml(string yaml)
    {
        try
        {
            return Builtins.Yaml.Read(yaml);
        }
        catch (RegoBuiltinException e)
        {
            throw new RegoException(new RegoError(RegoErrorCode.Json, "", 0, 0, "", e.Message));
        }
    }

    /// <summary>Compact JSON. Sets become arrays in their sorted order; keys that are not strings become their JSON text.</summary>
    public string ToJson() => JsonText.Write(this);

    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteRawValue(ToJson(), skipInputValidation: true);
    }

    /// <summary>The value as a Rego term, such as <c>{"a", "b"}</c> for a set.</summary>
    public override string ToString() => TermText.Write(this);

    /// <summary>Rego's total order: negative, zero or positive as <paramref name="left"/> sorts before, with or after.</summary>
    public static int Compare(RegoValue left, RegoValue right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (ReferenceEquals(left, right))
            return 0;

        return left.Kind != right.Kind ? left.Kind.CompareTo(right.Kind) : left.CompareSameKind(right);
    }

    public bool Equals(RegoValue? other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (other is null || other.Kind != Kind)
            return false;

        return EqualsSameKind(other);
    }

    public sealed override bool Equals(object? obj) => obj is RegoValue other && Equals(other);

    public sealed override int GetHashCode()
    {
        if (_hash != 0)
            return _hash;

        var hash = ComputeHash();
        _hash = hash == 0 ? 1 : hash;
        return _hash;
    }

    internal static readonly Comparison<RegoValue> Order = Compare;

    /// <summary>Everything but <c>false</c> is true; undefined is not a value.</summary>
    internal virtual bool IsTrue => true;

    internal abstract int CompareSameKind(RegoValue other);

    internal abstract bool EqualsSameKind(RegoValue other);

    private protected abstract int ComputeHash();
}
