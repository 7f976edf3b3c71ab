using System.Globalization;
using System.Numerics;
using System.Text;
using Nacre.Rego.Json;

namespace Nacre.Rego.Builtins;

/// <summary>Go's fmt.Sprintf for the values <c>sprintf</c> hands it: integers, floating point numbers, and strings for everything else.</summary>
internal static class GoFormat
{
    private const int MaxWidth = 10_000;

    private sealed record Flags
    {
        public bool Minus { get; set; }

        public bool Plus { get; set; }

        public bool Sharp { get; set; }

        public bool Space { get; set; }

        public bool Zero { get; set; }

        public int? Width { get; set; }

        public int? Precision { get; set; }
    }

    public static string Format(string format, ReadOnlySpan<RegoValue> arguments)
    {
        var text = new StringBuilder();
        var next = 0;
        var reordered = false;
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%')
            {
                text.Append(format[at]);
                continue;
            }

            var flags = new Flags();
            at = ReadFlags(format, at + 1, flags, arguments, ref next, ref reordered);
            if (at >= format.Length)
            {
                text.Append("%!(NOVERB)");
                break;
            }

            var verb = format[at];
            if (verb == '%')
                text.Append('%');
            else if (next >= arguments.Length || next < 0)
                text.Append("%!").Append(verb).Append(next < 0 ? "(BADINDEX)" : "(MISSING)");
            else
                text.Append(One(verb, arguments[next++], flags));
        }

        if (!reordered && next < arguments.Length)
        {
            text.Append("%!(EXTRA ");
            for (var i = next; i < arguments.Length; i++)
                text.Append(i > next ? ", " : "").Append(TypeOf(arguments[i])).Append('=').Append(One('v', arguments[i], new Flags()));
            text.Append(')');
        }

        return text.ToString();
    }

    public static string Digits(BigInteger value, int radix)
    {
        if (radix == 10)
            return value.ToString(CultureInfo.InvariantCulture);

        var digits = BigInteger.Abs(value).ToString(radix == 2 ? "B" : "X", CultureInfo.InvariantCulture).TrimStart('0').ToLowerInvariant();
        if (radix == 8)
        {
            var octal = new StringBuilder();
            for (var rest = BigInteger.Abs(value); !rest.IsZero; rest >>= 3)
                octal.Insert(0, (char)('0' + (int)(rest & 7)));
            digits = octal.ToString();
        }

        return (value.Sign < 0 ? "-" : "") + (digits.Length == 0 ? "0" : digits);
    }

    private static int ReadFlags(string format, int at, Flags flags, ReadOnlySpan<RegoValue> arguments, ref int next, ref bool reordered)
    {
        for (; at < format.Length; at++)
        {
            switch (format[at])
            {
                case '-':
                    flags.Minus = true;
                    continue;
                case '+':
                    flags.Plus = true;
                    continue;
                case '#':
                    flags.Sharp = true;
                    continue;
                case ' ':
                    flags.Space = true;
                    continue;
                case '0':
                    flags.Zero = true;
                    continue;
            }

            break;
        }

        at = ReadIndex(format, at, ref next, ref reordered, arguments.Length);
        flags.Width = ReadNumber(format, ref at, arguments, ref next);
        if (flags.Width < 0)
            (flags.Minus, flags.Width) = (true, -flags.Width);
        if (at < format.Length && format[at] == '.')
        {
            at++;
            at = ReadIndex(format, at, ref next, ref reordered, arguments.Length);
            flags.Precision = ReadNumber(format, ref at, arguments, ref next) ?? 0;
        }

        return ReadIndex(format, at, ref next, ref reordered, arguments.Length);
    }

    private static int ReadIndex(string format, int at, ref int next, ref bool reordered, int count)
    {
        if (at >= format.Length || format[at] != '[')
            return at;

        var end = format.IndexOf(']', at);
        if (end < 0)
            return at;
        reordered = true;
        next = int.TryParse(format.AsSpan(at + 1, end - at - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index >= 1 && index <= count ? index - 1 : -1;
        return end + 1;
    }

    private static int? ReadNumber(string format, ref int at, ReadOnlySpan<RegoValue> arguments, ref int next)
    {
        if (at < format.Length && format[at] == '*')
        {
            at++;
            return next >= 0 && next < arguments.Length && arguments[next++] is RegoNumber number && number.TryGetInt32(out var given) && Math.Abs(given) <= MaxWidth ? given : null;
        }

        var start = at;
        while (at < format.Length && char.IsAsciiDigit(format[at]))
            at++;
        return at == start ? null : int.TryParse(format.AsSpan(start, at - start), out var width) ? Math.Min(width, MaxWidth) : MaxWidth;
    }

    private static string One(char verb, RegoValue value, Flags flags)
    {
        if (verb == 'T')
            return Pad(TypeOf(value), flags);
        if (value is not RegoNumber number || IsTooBig(number))
            return Text(verb, value is RegoString text ? text.Value : value.ToString()!, flags);

        return number is { IsInteger: true, HasPlainText: true } ? Integer(verb, number.ToBigInteger(), number, flags) : Float(verb, number, flags);
    }

    private static bool IsTooBig(RegoNumber number) => number is not { IsInteger: true, HasPlainText: true } && double.IsInfinity(number.ToDouble());

    private static string TypeOf(RegoValue value) => value is not RegoNumber number ? "string"
        : number is not { IsInteger: true, HasPlainText: true } ? "float64"
        : number.TryGetInt64(out _) ? "int" : "*big.Int";

    private static string Text(char verb, string text, Flags flags)
    {
        switch (verb)
        {
            case 'v' when flags.Sharp:
                return Pad(TermText.Quote(text), flags);
            case 's' or 'v':
                return Pad(Cut(text, flags.Precision), flags);
            case 'q':
                text = Cut(text, flags.Precision);
                return Pad(flags.Sharp && !text.Contains('`') ? "`" + text + "`" : TermText.Quote(text), flags);
            case 'x' or 'X':
                var hex = Convert.ToHexStringLower(GoText.ToBytes(text));
                return Pad(verb == 'X' ? hex.ToUpperInvariant() : hex, flags);
            default:
                return $"%!{verb}(string={text})";
        }
    }

    private static string Cut(string text, int? runes)
    {
        if (runes is not { } count)
            return text;

        var at = 0;
        while (at < text.Length && count-- > 0)
            at += at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
        return text[..at];
    }

    private static string Integer(char verb, BigInteger value, RegoNumber number, Flags flags)
    {
        var (radix, prefix) = verb switch
        {
            'd' or 'v' => (10, ""),
            's' when !number.TryGetInt64(out _) => (10, ""),
            'b' => (2, "0b"),
            'o' => (8, "0"),
            'O' => (8, "0o"),
            'x' => (16, "0x"),
            'X' => (16, "0X"),
            _ => (0, ""),
        };
        if (radix == 0)
            return verb switch
            {
                'c' => Pad(Rune.IsValid((int)BigInteger.Min(value, int.MaxValue)) ? new Rune((int)value).ToString() : "\uFFFD", flags),
                'q' => Pad("'" + (Rune.IsValid((int)BigInteger.Min(value, int.MaxValue)) ? new Rune((int)value).ToString() : "\uFFFD") + "'", flags),
                'U' => Pad("U+" + Digits(value, 16).ToUpperInvariant().PadLeft(4, '0'), flags),
                'e' or 'E' or 'f' or 'F' or 'g' or 'G' or 't' or 's' or 'p' => $"%!{verb}({TypeOf(number)}={number.Text})",
                _ => $"%!{verb}({TypeOf(number)}={number.Text})",
            };

        var digits = Digits(BigInteger.Abs(value), radix);
        if (verb == 'X')
            digits = digits.ToUpperInvariant();
        if (flags.Precision is { } precision)
            digits = value.IsZero && precision == 0 ? "" : digits.PadLeft(precision, '0');
        if (flags.Sharp || verb == 'O')
            digits = prefix + digits;

        var sign = value.Sign < 0 ? "-" : flags.Plus ? "+" : flags.Space ? " " : "";
        if (flags is { Zero: true, Minus: false, Precision: null, Width: { } width })
            digits = digits.PadLeft(width - sign.Length, '0');
        return Pad(sign + digits, flags);
    }

    private static string Float(char verb, RegoNumber number, Flags flags)
    {
        var value = number.ToDouble();
        var precision = flags.Precision;
        var digits = verb switch
        {
            'v' or 'g' or 'G' => GoFloat.Shortest(Math.Abs(value), precision, verb == 'v' ? 21 : precision is null ? 21 : null),
            'f' or 'F' => Math.Abs(value).ToString("F" + (precision ?? 6), CultureInfo.InvariantCulture),
            'e' or 'E' => GoFloat.Exponent(Math.Abs(value), precision ?? 6),
            _ => null,
        };
        if (digits is null)
            return $"%!{verb}(float64={GoFloat.Shortest(value, null, 21)})";
        if (verb is 'E' or 'G')
            digits = digits.ToUpperInvariant();

        var sign = value < 0 ? "-" : flags.Plus ? "+" : flags.Space ? " " : "";
        if (flags is { Zero: true, Minus: false, Width: { } width })
            digits = digits.PadLeft(width - sign.Length, '0');
        return Pad(sign + digits, flags);
    }

    private static string Pad(string text, Flags flags)
    {
        var missing = (flags.Width ?? 0) - GoText.CountRunes(text);
        return missing <= 0 ? text : flags.Minus ? text + new string(' ', missing) : new string(flags.Zero ? '0' : ' ', missing) + text;
    }
}
