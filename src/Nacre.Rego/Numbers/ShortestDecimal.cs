using System.Globalization;
using System.Numerics;
using System.Text;

namespace Nacre.Rego.Numbers;

/// <summary>Shortest decimal digits of a binary floating point number, and their text in the manner of Go's format <c>g</c>.</summary>
internal static class ShortestDecimal
{
    /// <returns>The digits d1d2…, with value 0.d1d2… · 10^point.</returns>
    public static (string Digits, int Point, bool Negative) Of(BigInteger mantissa, int exponent)
    {
        if (mantissa.IsZero)
            return ("0", 1, false);

        var negative = mantissa.Sign < 0;
        var magnitude = BigInteger.Abs(mantissa);

        // Normalised to the full precision; the neighbours are half a unit away (a quarter below a power of two).
        var shift = BigFloat.Precision - (int)magnitude.GetBitLength();
        (magnitude, exponent) = (magnitude << shift, exponent - shift);
        var isPower = magnitude.IsPowerOfTwo;
        var value = magnitude << 2;
        var low = value - (isPower ? 1 : 2);
        var high = value + 2;
        exponent -= 2;

        var (scale, numerator) = exponent >= 0 ? (BigInteger.One, BigInteger.One << exponent) : (BigInteger.One << -exponent, BigInteger.One);
        (value, low, high) = (value * numerator, low * numerator, high * numerator);
        var inclusive = magnitude.IsEven;

        var point = (int)Math.Ceiling(BigInteger.Log10(value) - BigInteger.Log10(scale));
        if (point > 0)
            scale *= BigInteger.Pow(10, point);
        else
        {
            var factor = BigInteger.Pow(10, -point);
            (value, low, high) = (value * factor, low * factor, high * factor);
        }

        while (value >= scale)
            (scale, point) = (scale * 10, point + 1);
        while (value * 10 < scale)
            (value, low, high, point) = (value * 10, low * 10, high * 10, point - 1);

        return (Generate(value, low, high, scale, inclusive, ref point), point, negative);
    }

    /// <summary>Integers in full, others with an exponent if it is below -4 or above 5.</summary>
    public static string Format(string digits, int point, bool negative, bool isInteger)
    {
        var text = new StringBuilder();
        if (negative)
            text.Append('-');

        // Go: %e if the exponent is less than -4 or at least 6.
        var exponent = point - 1;
        if (!isInteger && (exponent < -4 || exponent >= 6))
        {
            text.Append(digits[0]);
            if (digits.Length > 1)
                text.Append('.').Append(digits, 1, digits.Length - 1);
            return text.Append('e').Append(exponent < 0 ? '-' : '+').Append(Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)).ToString();
        }

        if (point <= 0)
            return text.Append("0.").Append('0', -point).Append(digits).ToString();
        if (point >= digits.Length)
            return text.Append(digits).Append('0', point - digits.Length).ToString();

        return text.Append(digits, 0, point).Append('.').Append(digits, point, digits.Length - point).ToString();
    }

    private static string Generate(BigInteger value, BigInteger low, BigInteger high, BigInteger scale, bool inclusive, ref int point)
    {
        var digits = new StringBuilder();
        var down = value - low;
        var up = high - value;
        while (true)
        {
            value *= 10;
            down *= 10;
            up *= 10;
            var digit = (int)BigInteger.DivRem(value, scale, out value);
            var mayStopLow = inclusive ? value <= down : value < down;
            var mayStopHigh = inclusive ? value + up >= scale : value + up > scale;
            if (!mayStopLow && !mayStopHigh)
            {
                digits.Append((char)('0' + digit));
                continue;
            }

            var roundUp = mayStopHigh && (!mayStopLow || value * 2 > scale || (value * 2 == scale && digit % 2 == 1));
            digits.Append((char)('0' + digit + (roundUp ? 1 : 0)));
            return Carry(digits, ref point);
        }
    }

    // A last digit of "10" moves one place up.
    private static string Carry(StringBuilder digits, ref int point)
    {
        var i = digits.Length - 1;
        while (i >= 0 && digits[i] > '9')
        {
            digits.Length = i;
            if (i == 0)
            {
                point++;
                return "1";
            }

            digits[--i]++;
        }

        while (digits.Length > 1 && digits[^1] == '0')
            digits.Length--;

        return digits.ToString();
    }
}
