using System.Numerics;

namespace Nacre.Rego.Numbers;

/// <summary>
/// A binary floating point number with 64 bits of mantissa, rounded to nearest even: the arithmetic OPA uses for numbers that are not
/// integers. Its value is mantissa · 2^exponent.
/// </summary>
internal readonly record struct BigFloat
{
    public const int Precision = 64;

    private BigFloat(BigInteger mantissa, int exponent) => (Mantissa, Exponent) = (mantissa, exponent);

    public BigInteger Mantissa { get; }

    public int Exponent { get; }

    public bool IsZero => Mantissa.IsZero;

    public static BigFloat From(ExactDecimal value) => value.Exponent == 0
        ? Round(value.Mantissa, 0)
        : Divide(value.Mantissa, BigInteger.Pow(10, -value.Exponent), 0);

    public static BigFloat From(BigInteger value) => Round(value, 0);

    public static BigFloat operator +(BigFloat left, BigFloat right)
    {
        var exponent = Math.Min(left.Exponent, right.Exponent);
        return Round((left.Mantissa << (left.Exponent - exponent)) + (right.Mantissa << (right.Exponent - exponent)), exponent);
    }

    public static BigFloat operator -(BigFloat value) => new(-value.Mantissa, value.Exponent);

    public static BigFloat operator -(BigFloat left, BigFloat right) => left + -right;

    public static BigFloat operator *(BigFloat left, BigFloat right) => Round(left.Mantissa * right.Mantissa, left.Exponent + right.Exponent);

    public static BigFloat operator /(BigFloat left, BigFloat right) => Divide(left.Mantissa, right.Mantissa, left.Exponent - right.Exponent);

    public bool IsInteger => Exponent >= 0 || (Mantissa & ((BigInteger.One << -Exponent) - 1)).IsZero;

    /// <summary>Towards zero.</summary>
    public BigInteger Truncate() => Exponent >= 0 ? Mantissa << Exponent : BigInteger.Divide(Mantissa, BigInteger.One << -Exponent);

    public BigFloat Abs() => new(BigInteger.Abs(Mantissa), Exponent);

    /// <summary>The number with the fewest decimal digits that reads back as this one.</summary>
    public RegoNumber ToNumber()
    {
        var (digits, point, negative) = ShortestDecimal.Of(Mantissa, Exponent);
        return RegoNumber.FromText(ShortestDecimal.Format(digits, point, negative, IsInteger));
    }

    private static BigFloat Divide(BigInteger numerator, BigInteger denominator, int exponent)
    {
        // Enough bits that the quotient has more than the precision, plus one that says whether anything is left over.
        var shift = Math.Max(0, Precision + 2 - (int)(BigInteger.Abs(numerator).GetBitLength() - BigInteger.Abs(denominator).GetBitLength()));
        var quotient = BigInteger.DivRem(BigInteger.Abs(numerator) << shift, BigInteger.Abs(denominator), out var rest);
        quotient = (quotient << 1) | (rest.IsZero ? BigInteger.Zero : BigInteger.One);
        return Round(numerator.Sign * denominator.Sign < 0 ? -quotient : quotient, exponent - shift - 1);
    }

    private static BigFloat Round(BigInteger mantissa, int exponent)
    {
        if (mantissa.IsZero)
            return default;

        var magnitude = BigInteger.Abs(mantissa);
        var excess = (int)magnitude.GetBitLength() - Precision;
        if (excess > 0)
        {
            var half = BigInteger.One << (excess - 1);
            var rest = magnitude & ((BigInteger.One << excess) - 1);
            magnitude >>= excess;
            if (rest > half || (rest == half && !magnitude.IsEven))
                magnitude += 1;
            exponent += excess;
        }

        return new BigFloat(mantissa.Sign < 0 ? -magnitude : magnitude, exponent);
    }
}
