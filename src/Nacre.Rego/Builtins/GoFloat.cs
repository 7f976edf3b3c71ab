using System.Globalization;

namespace Nacre.Rego.Builtins;

/// <summary>Text of 64-bit floating point numbers as Go's strconv gives it.</summary>
internal static class GoFloat
{
    /// <summary>Format g: with an exponent if it is below -4 or at least <paramref name="limit"/> (the precision, if null).</summary>
    public static string Shortest(double value, int? precision, int? limit)
    {
        if (value == 0)
            return "0";

        var scientific = precision is { } digits
            ? value.ToString("E" + (Math.Max(digits, 1) - 1), CultureInfo.InvariantCulture)
            : value.ToString("E16", CultureInfo.InvariantCulture);
        if (precision is null)
            scientific = Roundtrip(value);

        var e = scientific.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = scientific[..e];
        if (mantissa.Contains('.'))
            mantissa = mantissa.TrimEnd('0').TrimEnd('.');
        if (exponent < -4 || exponent >= (limit ?? Math.Max(precision ?? 6, 1)))
            return mantissa + Suffix(exponent);

        return Plain(mantissa, exponent);
    }

    public static string Exponent(double value, int precision)
    {
        var scientific = value.ToString("E" + precision, CultureInfo.InvariantCulture);
        var e = scientific.IndexOf('E', StringComparison.Ordinal);
        return scientific[..e] + Suffix(int.Parse(scientific.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }

    private static string Suffix(int exponent) =>
        "e" + (exponent < 0 ? "-" : "+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);

    // The fewest digits that read back as the same number.
    private static string Roundtrip(double value)
    {
        for (var digits = 0; digits < 17; digits++)
        {
            var text = value.ToString("E" + digits, CultureInfo.InvariantCulture);
            if (double.Parse(text, CultureInfo.InvariantCulture) == value)
                return text;
        }

        return value.ToString("E17", CultureInfo.InvariantCulture);
    }

    private static string Plain(string mantissa, int exponent)
    {
        var sign = mantissa.StartsWith('-') ? "-" : "";
        var digits = mantissa.TrimStart('-').Replace(".", "", StringComparison.Ordinal);
        if (exponent < 0)
            return sign + "0." + new string('0', -exponent - 1) + digits;
        if (digits.Length <= exponent + 1)
            return sign + digits.PadRight(exponent + 1, '0');

        return sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }
}
