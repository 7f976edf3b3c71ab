using System.Numerics;
using Nacre.Rego.Numbers;

namespace Nacre.Rego.Builtins;

/// <summary>Exact on integers of any size; otherwise binary floating point with 64 bits of mantissa, as OPA.</summary>
internal static class Arithmetic
{
    public static readonly Builtin[] List =
    [
        new("plus", 2, (_, a) => Plus(a.Number(0), a.Number(1))),
        new("minus", 2, (_, a) => Minus(a)),
        new("mul", 2, (_, a) => Multiply(a.Number(0), a.Number(1))),
        new("div", 2, (_, a) => Divide(a.Number(0), a.Number(1))),
        new("rem", 2, (_, a) => Remainder(a.Number(0), a.Number(1))),
        new("abs", 1, (_, a) => Abs(a.Number(0))),
        new("round", 1, (_, a) => Rounded(a.Number(0), Round)),
        new("ceil", 1, (_, a) => Rounded(a.Number(0), Ceiling)),
        new("floor", 1, (_, a) => Rounded(a.Number(0), Floor)),
    ];

    public static RegoNumber Plus(RegoNumber left, RegoNumber right)
    {
        if (left.TryGetInt64(out var l) && right.TryGetInt64(out var r) && !Overflows(l) && !Overflows(r))
            return RegoNumber.From(l + r);

        return left.IsInteger && right.IsInteger
            ? RegoNumber.From(left.ToBigInteger() + right.ToBigInteger())
            : (BigFloat.From(left.Exact) + BigFloat.From(right.Exact)).ToNumber();
    }

    public static RegoNumber Multiply(RegoNumber left, RegoNumber right)
    {
        if (left.TryGetInt32(out var l) && right.TryGetInt32(out var r))
            return RegoNumber.From((long)l * r);

        return left.IsInteger && right.IsInteger
            ? RegoNumber.From(left.ToBigInteger() * right.ToBigInteger())
            : (BigFloat.From(left.Exact) * BigFloat.From(right.Exact)).ToNumber();
    }

    private static RegoValue Minus(ReadOnlySpan<RegoValue> a)
    {
        switch (a[0], a[1])
        {
            case (RegoNumber left, RegoNumber right):
                if (left.TryGetInt64(out var l) && right.TryGetInt64(out var r) && !Overflows(l) && !Overflows(r))
                    return RegoNumber.From(l - r);
                return left.IsInteger && right.IsInteger
                    ? RegoNumber.From(left.ToBigInteger() - right.ToBigInteger())
                    : (BigFloat.From(left.Exact) - BigFloat.From(right.Exact)).ToNumber();
            case (RegoSet left, RegoSet right):
                return new RegoSet([.. left.Items.Where(item => !right.Contains(item))]);
            case (not RegoNumber and not RegoSet, _):
                throw Operands.WrongType(0, a[0], "number", "set");
            case (_, RegoNumber):
                throw Operands.WrongType(1, a[1], "set");
            default:
                throw Operands.WrongType(1, a[1], "number");
        }
    }

    private static RegoNumber Divide(RegoNumber left, RegoNumber right)
    {
        if (right.TryGetInt64(out var r) && r == 0)
            throw new RegoBuiltinException("divide by zero");
        if (left.TryGetInt32(out var l) && right.TryGetInt32(out var divisor) && l != 0 && l % divisor == 0)
            return RegoNumber.From((long)l / divisor);

        return (BigFloat.From(left.Exact) / BigFloat.From(right.Exact)).ToNumber();
    }

    private static RegoNumber Remainder(RegoNumber left, RegoNumber right)
    {
        if (!left.IsInteger || !right.IsInteger)
            throw new RegoBuiltinException("modulo on floating-point number");
        var divisor = right.ToBigInteger();
        return divisor.IsZero ? throw new RegoBuiltinException("modulo by zero") : RegoNumber.From(BigInteger.Remainder(left.ToBigInteger(), divisor));
    }

    private static RegoNumber Abs(RegoNumber number) =>
        number.IsInteger ? RegoNumber.From(BigInteger.Abs(number.ToBigInteger())) : BigFloat.From(number.Exact).Abs().ToNumber();

    private static RegoNumber Rounded(RegoNumber number, Func<BigFloat, BigInteger> round) =>
        number.IsInteger ? RegoNumber.From(number.ToBigInteger()) : RegoNumber.From(round(BigFloat.From(number.Exact)));

    // Halves go away from zero.
    private static BigInteger Round(BigFloat value)
    {
        var half = BigFloat.From(new ExactDecimal(5, -1));
        return (value.Mantissa.Sign < 0 ? value - half : value + half).Truncate();
    }

    private static BigInteger Ceiling(BigFloat value)
    {
        var whole = value.Truncate();
        return value.IsInteger || value.Mantissa.Sign < 0 ? whole : whole + 1;
    }

    private static BigInteger Floor(BigFloat value)
    {
        var whole = value.Truncate();
        return value.IsInteger || value.Mantissa.Sign >= 0 ? whole : whole - 1;
    }

    private static bool Overflows(long value) => value is > long.MaxValue / 2 or < long.MinValue / 2;
}
