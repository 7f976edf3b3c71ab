using System.Globalization;
using System.Numerics;

namespace Nacre.Rego.Numbers;

/// <summary>mantissa · 10^exponent, with no zero at the end of the mantissa, so that equal numbers are equal structs.</summary>
internal readonly record struct ExactDecimal
{
    // Beyond this the digits would cost more than any policy needs: OPA stops at a binary exponent of 100,000.
    private const int MaxExponent = 30_000;
    private const int MaxDigits = 100_000;

    public ExactDecimal(BigInteger mantissa, int exponent)
    {
        if (mantissa.IsZero)
            exponent = 0;

        while (!mantissa.IsZero && exponent != 0 && exponent < 0)
        {
            var quotient = BigInteger.DivRem(mantissa, 10, out var digit);
            if (!digit.IsZero)
                break;
            (mantissa, exponent) = (quotient, exponent + 1);
        }

        // A positive exponent is folded into the mantissa: integers have the exponent zero.
        if (exponent > 0)
            (mantissa, exponent) = (mantissa * BigInteger.Pow(10, exponent), 0);

        (Mantissa, Exponent) = (mantissa, exponent);
    }

    public BigInteger Mantissa { get; }

    /// <summary>Zero or less.</summary>
    public int Exponent { get; }

    public static bool TryParse(ReadOnlySpan<char> text, out ExactDecimal value)
    {
        value = default;
        var exponent = 0;
        var e = text.IndexOfAny('e', 'E');
        if (e >= 0)
        {
            if (!int.TryParse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
                || Math.Abs((long)exponent) > MaxExponent)
                return false;
            text = text[..e];
        }

        if (text.Length > MaxDigits)
            return false;

        var point = text.IndexOf('.');
        var digits = point < 0 ? text : string.Concat(text[..point], text[(point + 1)..]);
        if (point >= 0)
            exponent -= text.Length - point - 1;

        if (digits.Length == 0 || !char.IsAsciiDigit(digits[^1])
            || !BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var mantissa))
            return false;

        value = new ExactDecimal(mantissa, exponent);
        return true;
    }

    public bool TryGetInt64(out long value)
    {
        var fits = Exponent == 0 && Mantissa >= long.MinValue && Mantissa <= long.MaxValue;
        value = fits ? (long)Mantissa : 0;
        return fits;
    }

    /// <summary>Truncated towards zero.</summary>
    public BigInteger ToBigInteger() => Exponent == 0 ? Mantissa : Mantissa / BigInteger.Pow(10, -Exponent);

    public static int Compare(ExactDecimal left, ExactDecimal right)
    {
        if (left.Exponent == right.Exponent)
            return left.Mantissa.CompareTo(right.Mantissa);

        var common = Math.Min(left.Exponent, right.Exponent);
        return left.Scaled(common).CompareTo(right.Scaled(common));
    }

    private BigInteger Scaled(int exponent) => Mantissa * BigInteger.Pow(10, Exponent - exponent);
}
