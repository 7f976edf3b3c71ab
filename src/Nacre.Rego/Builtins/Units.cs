using System.Globalization;
using System.Numerics;
using Nacre.Rego.Numbers;

namespace Nacre.Rego.Builtins;

/// <summary><c>units.parse</c> and <c>units.parse_bytes</c>: amounts with a unit behind them.</summary>
internal static class Units
{
    private const int MaxExponent = 100_000;

    public static readonly Builtin[] List =
    [
        new("units.parse", 1, (_, a) => Parse(a.Text(0))),
        new("units.parse_bytes", 1, (_, a) => ParseBytes(a.Text(0))),
    ];

    private static RegoNumber Parse(string text)
    {
        var (amount, unit) = Split(text, "no amount provided");
        if (unit.Length > 1)
            unit = unit[..1] + unit[1..].ToLowerInvariant();

        var isMilli = unit == "m";
        var factor = isMilli || unit.Length == 0 ? BigInteger.One : Factor(unit == "M" ? "m" : unit is "mi" or "Mi" ? "mi" : unit.ToLowerInvariant(), allowB: false)
            ?? throw new RegoBuiltinException($"unit {unit} not recognized");
        var (numerator, denominator) = Fraction(amount, "could not parse amount to a number");
        numerator *= factor;
        if (isMilli)
            denominator *= 1000;

        var whole = BigInteger.DivRem(numerator, denominator, out var rest);
        if (rest.IsZero)
            return RegoNumber.From(whole);

        // Ten decimal places, rounded half up.
        var scaled = (BigInteger.Abs(numerator) * BigInteger.Pow(10, 10) * 2 + denominator) / (denominator * 2);
        var digits = scaled.ToString(CultureInfo.InvariantCulture).PadLeft(11, '0');
        return RegoNumber.FromText((numerator.Sign < 0 ? "-" : "") + digits[..^10] + "." + digits[^10..]);
    }

    private static RegoNumber ParseBytes(string text)
    {
        var (amount, unit) = Split(text, "no byte amount provided");
        var factor = unit.Length == 0 ? BigInteger.One : Factor(unit.ToLowerInvariant(), allowB: true)
            ?? throw new RegoBuiltinException($"byte unit {unit.ToLowerInvariant()} not recognized");
        var (numerator, denominator) = Fraction(amount, "could not parse byte amount to a number");
        return RegoNumber.From(BigInteger.Divide(numerator * factor, denominator));
    }

    private static (string Amount, string Unit) Split(string text, string missing)
    {
        text = text.Replace("\"", "", StringComparison.Ordinal);
        if (text.Contains(' '))
            throw new RegoBuiltinException("spaces not allowed in resource strings");

        // An E followed by digits is an exponent, and the unit otherwise.
        var end = 0;
        while (end < text.Length)
        {
            var isExponent = text[end] is 'e' or 'E' && end + 1 < text.Length
                && (char.IsAsciiDigit(text[end + 1]) || (text[end + 1] is '+' or '-' && end + 2 < text.Length && char.IsAsciiDigit(text[end + 2])));
            if (!char.IsAsciiDigit(text[end]) && text[end] is not ('.' or '+' or '-') && !isExponent)
                break;
            end++;
        }

        return end == 0 ? throw new RegoBuiltinException(missing) : (text[..end], text[end..]);
    }

    private static BigInteger? Factor(string unit, bool allowB)
    {
        if (allowB && unit.EndsWith('b'))
            unit = unit[..^1];
        if (unit.Length == 0)
            return BigInteger.One;

        var power = "kmgtpe".IndexOf(unit[0], StringComparison.Ordinal) + 1;
        if (power == 0)
            return null;

        return unit.Length == 1 ? BigInteger.Pow(1000, power)
            : unit.Length == 2 && unit[1] == 'i' ? BigInteger.Pow(1024, power)
            : null;
    }

    private static (BigInteger Numerator, BigInteger Denominator) Fraction(string amount, string problem)
    {
        var text = amount.TrimStart('+');
        if (amount.Length - text.Length > 1)
            throw new RegoBuiltinException(problem);
        if (text.EndsWith('.'))
            text += "0";
        if (text.StartsWith('.'))
            text = "0" + text;
        var e = text.IndexOfAny(['e', 'E']);
        if (e >= 0 && int.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent) && Math.Abs(exponent) > MaxExponent)
            throw new RegoBuiltinException("exponent too large");

        return ExactDecimal.TryParse(text, out var value)
            ? (value.Mantissa, BigInteger.Pow(10, -value.Exponent))
            : throw new RegoBuiltinException(problem);
    }
}
