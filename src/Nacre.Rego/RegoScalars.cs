using Nacre.Rego.Json;

namespace Nacre.Rego;

public sealed class RegoNull : RegoValue
{
    public static readonly RegoNull Value = new();

    private RegoNull()
    {
    }

    public override RegoKind Kind => RegoKind.Null;

    internal override int CompareSameKind(RegoValue other) => 0;

    internal override bool EqualsSameKind(RegoValue other) => true;

    private protected override int ComputeHash() => 3;
}

public sealed class RegoBool : RegoValue
{
    public static readonly RegoBool True = new(value: true);
    public static readonly RegoBool False = new(value: false);

    private RegoBool(bool value) => Value = value;

    public bool Value { get; }

    public override RegoKind Kind => RegoKind.Boolean;

    public static RegoBool From(bool value) => value ? True : False;

    internal override bool IsTrue => Value;

    internal override int CompareSameKind(RegoValue other) => Value.CompareTo(((RegoBool)other).Value);

    internal override bool EqualsSameKind(RegoValue other) => Value == ((RegoBool)other).Value;

    private protected override int ComputeHash() => Value ? 5 : 7;
}

/// <summary>
/// Text. Where OPA would hold bytes that are not UTF-8 (decoded Base64, say) the offending bytes are kept as lone low surrogates
/// U+DC80 to U+DCFF, so that hashing or encoding the string again gives the original bytes.
/// </summary>
public sealed class RegoString : RegoValue
{
    public static readonly RegoString Empty = new("");

    public RegoString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Value = value;
    }

    public string Value { get; }

    public override RegoKind Kind => RegoKind.String;

    internal override int CompareSameKind(RegoValue other) => GoText.Compare(Value, ((RegoString)other).Value);

    internal override bool EqualsSameKind(RegoValue other) => GetHashCode() == other.GetHashCode() && Value == ((RegoString)other).Value;

    private protected override int ComputeHash() => string.GetHashCode(Value, StringComparison.Ordinal);
}
