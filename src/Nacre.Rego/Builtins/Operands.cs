using System.Numerics;

namespace Nacre.Rego.Builtins;

/// <summary>Takes arguments apart, or says what is wrong with them in OPA's words.</summary>
internal static class Operands
{
    public static string Text(this ReadOnlySpan<RegoValue> arguments, int at) =>
        arguments[at] is RegoString text ? text.Value : throw WrongType(at, arguments[at], "string");

    public static RegoNumber Number(this ReadOnlySpan<RegoValue> arguments, int at) =>
        arguments[at] as RegoNumber ?? throw WrongType(at, arguments[at], "number");

    public static int Int(this ReadOnlySpan<RegoValue> arguments, int at)
    {
        var number = arguments.Number(at);
        return number.HasPlainText && number.TryGetInt64(out var value)
            ? (int)Math.Clamp(value, int.MinValue, int.MaxValue)
            : throw new RegoBuiltinException(RegoErrorCode.EvalType, $"operand {at + 1} must be integer number but got floating-point number");
    }

    public static BigInteger BigInt(this ReadOnlySpan<RegoValue> arguments, int at)
    {
        if (arguments[at] is not RegoNumber number)
            throw WrongType(at, arguments[at], "integer");

        return number.IsInteger
            ? number.ToBigInteger()
            : throw new RegoBuiltinException(RegoErrorCode.EvalType, $"operand {at + 1} must be integer number but got floating-point number");
    }

    public static bool Flag(this ReadOnlySpan<RegoValue> arguments, int at) =>
        arguments[at] is RegoBool flag ? flag.Value : throw WrongType(at, arguments[at], "boolean");

    public static RegoArray Array(this ReadOnlySpan<RegoValue> arguments, int at) =>
        arguments[at] as RegoArray ?? throw WrongType(at, arguments[at], "array");

    public static RegoSet Set(this ReadOnlySpan<RegoValue> arguments, int at) =>
        arguments[at] as RegoSet ?? throw WrongType(at, arguments[at], "set");

    public static RegoObject Object(this ReadOnlySpan<RegoValue> arguments, int at) =>
        arguments[at] as RegoObject ?? throw WrongType(at, arguments[at], "object");

    /// <summary>Elements of an array or a set.</summary>
    public static ReadOnlySpan<RegoValue> Items(this ReadOnlySpan<RegoValue> arguments, int at) => arguments[at] switch
    {
        RegoArray array => array.Span,
        RegoSet set => set.Span,
        var other => throw WrongType(at, other, "array", "set"),
    };

    /// <summary>Strings of an array or a set.</summary>
    public static List<string> Texts(this ReadOnlySpan<RegoValue> arguments, int at)
    {
        var texts = new List<string>();
        foreach (var item in arguments.Items(at))
            texts.Add(item is RegoString text ? text.Value : throw WrongElement(at, arguments[at], item, "string"));

        return texts;
    }

    public static string NameOf(RegoValue value) => value.Kind.ToString().ToLowerInvariant();

    public static RegoBuiltinException WrongType(int at, RegoValue got, params ReadOnlySpan<string> expected) =>
        new(RegoErrorCode.EvalType, expected.Length == 1
            ? $"operand {at + 1} must be {expected[0]} but got {NameOf(got)}"
            : $"operand {at + 1} must be one of {{{string.Join(", ", expected.ToArray())}}} but got {NameOf(got)}");

    public static RegoBuiltinException WrongElement(int at, RegoValue collection, RegoValue got, params ReadOnlySpan<string> expected)
    {
        var kind = NameOf(collection);
        return new(RegoErrorCode.EvalType, expected.Length == 1
            ? $"operand {at + 1} must be {kind} of {expected[0]}s but got {kind} containing {NameOf(got)}"
            : $"operand {at + 1} must be {kind} of (any of) {{{string.Join(", ", expected.ToArray())}}} but got {kind} containing {NameOf(got)}");
    }

    public static RegoBuiltinException Wrong(int at, string what) => new(RegoErrorCode.EvalType, $"operand {at + 1} {what}");
}
