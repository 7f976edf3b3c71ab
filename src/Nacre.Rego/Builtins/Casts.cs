namespace Nacre.Rego.Builtins;

internal static class Casts
{
    public static readonly Builtin[] List =
    [
        new("to_number", 1, (_, a) => ToNumber(a[0])),
        new("cast_array", 1, (_, a) => a[0] is RegoArray ? a[0] : a[0] is RegoSet set ? RegoArray.From(set.Items) : throw Operands.WrongType(0, a[0], "array", "set")),
        new("cast_set", 1, (_, a) => a[0] is RegoSet ? a[0] : a[0] is RegoArray array ? RegoSet.From(array.Items) : throw Operands.WrongType(0, a[0], "array", "set")),
        new("cast_string", 1, (_, a) => Same<RegoString>(a, "string")),
        new("cast_boolean", 1, (_, a) => Same<RegoBool>(a, "boolean")),
        new("cast_null", 1, (_, a) => Same<RegoNull>(a, "null")),
        new("cast_object", 1, (_, a) => Same<RegoObject>(a, "object")),
        new("is_number", 1, (_, a) => IsA<RegoNumber>(a)),
        new("is_string", 1, (_, a) => IsA<RegoString>(a)),
        new("is_boolean", 1, (_, a) => IsA<RegoBool>(a)),
        new("is_array", 1, (_, a) => IsA<RegoArray>(a)),
        new("is_set", 1, (_, a) => IsA<RegoSet>(a)),
        new("is_object", 1, (_, a) => IsA<RegoObject>(a)),
        new("is_null", 1, (_, a) => IsA<RegoNull>(a)),
        new("type_name", 1, (_, a) => new RegoString(Operands.NameOf(a[0]))),
    ];

    private static RegoBool IsA<T>(ReadOnlySpan<RegoValue> a)
        where T : RegoValue => RegoBool.From(a[0] is T);

    private static RegoValue Same<T>(ReadOnlySpan<RegoValue> a, string name)
        where T : RegoValue => a[0] is T ? a[0] : throw Operands.WrongType(0, a[0], name);

    private static RegoNumber ToNumber(RegoValue value)
    {
        switch (value)
        {
            case RegoNull:
                return RegoNumber.Zero;
            case RegoBool flag:
                return RegoNumber.From(flag.Value ? 1 : 0);
            case RegoNumber number:
                return number;
            case RegoString text:
                if (text.Value.TrimStart('+', '-').ToLowerInvariant() is "inf" or "infinity" or "nan")
                    throw Operands.Wrong(0, "must be valid number");
                var digits = text.Value.StartsWith('+') ? text.Value[1..] : text.Value;
                return digits.Length > 0 && (char.IsAsciiDigit(digits[0]) || digits[0] is '-' or '.') && RegoNumber.TryParse(digits, out var parsed)
                    ? parsed
                    : throw new RegoBuiltinException($"strconv.ParseFloat: parsing {Json.TermText.Quote(text.Value)}: invalid syntax");
            default:
                throw Operands.WrongType(0, value, "null", "boolean", "number", "string");
        }
    }
}
