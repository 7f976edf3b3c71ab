using System.Globalization;
using System.Numerics;
using Nacre.Rego.Numbers;

namespace Nacre.Rego;

/// <summary>A number of any size, kept as the text it was written with; integers of 64 bits are held as such.</summary>
public sealed class RegoNumber : RegoValue
{
    private const int SmallFrom = -16;
    private const int SmallTo = 1024;

    private static readonly RegoNumber[] s_small =
        [.. Enumerable.Range(SmallFrom, SmallTo - SmallFrom + 1).Select(value => new RegoNumber(value, text: null))];

    private readonly long _int64;
    private readonly string? _text;
    private readonly bool _isInt64;
    private readonly ExactDecimal _exact;

    private RegoNumber(long value, string? text) => (_int64, _text, _isInt64) = (value, text, true);

    private RegoNumber(string text, ExactDecimal exact) => (_text, _exact) = (text, exact);

    public static readonly RegoNumber Zero = From(0);

    public override RegoKind Kind => RegoKind.Number;

    /// <summary>The decimal text, as in JSON.</summary>
    public string Text => _text ?? _int64.ToString(CultureInfo.InvariantCulture);

    public static RegoNumber From(long value) => value is >= SmallFrom and <= SmallTo ? s_small[value - SmallFrom] : new RegoNumber(value, text: null);

    public static RegoNumber From(BigInteger value) => value >= long.MinValue && value <= long.MaxValue
        ? From((long)value)
        : new RegoNumber(value.ToString(CultureInfo.InvariantCulture), new ExactDecimal(value, 0));

    /// <summary>A finite number in its shortest text that reads back as the same.</summary>
    public static RegoNumber From(double value) =>
        value == Math.Truncate(value) && Math.Abs(value) < 1e15 ? From((long)value) : FromText(value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>Reads a JSON number.</summary>
    /// <exception cref="FormatException">It is none, or its exponent is beyond ±30,000 digits.</exception>
    public static RegoNumber FromText(string text) => TryParse(text, out var number) ? number : throw new FormatException("not a number: " + text);

    internal static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RegoNumber? number)
    {
        number = null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && text is not "-0" && text[0] != '+')
        {
            number = text[0] == '0' && text.Length > 1 ? new RegoNumber(value, text) : From(value);
            return true;
        }

        if (!ExactDecimal.TryParse(text, out var exact))
            return false;

        number = exact.Exponent >= 0 && exact.TryGetInt64(out value) ? new RegoNumber(value, text) : new RegoNumber(text, exact);
        return true;
    }

    /// <summary>True if the value is an integer of 64 bits, however it is written (<c>1.0</c> and <c>1e2</c> are).</summary>
    public bool TryGetInt64(out long value)
    {
        value = _int64;
        return _isInt64;
    }

    internal bool TryGetInt32(out int value)
    {
        value = (int)_int64;
        return _isInt64 && _int64 is >= int.MinValue and <= int.MaxValue;
    }

    public double ToDouble() => _isInt64 ? _int64 : double.Parse(_text!, CultureInfo.InvariantCulture);

    internal bool IsInteger => _isInt64 || _exact.Exponent >= 0;

    internal BigInteger ToBigInteger() => _isInt64 ? _int64 : _exact.ToBigInteger();

    internal ExactDecimal Exact => _isInt64 ? new ExactDecimal(_int64, 0) : _exact;

    /// <summary>The text of an integer as such, whatever it was written like: <c>1e2</c> gives <c>1e2</c> only when it is not an integer.</summary>
    internal bool HasPlainText => _text is null || _text.AsSpan().IndexOfAny('.', 'e', 'E') < 0;

    internal override int CompareSameKind(RegoValue other)
    {
        var that = (RegoNumber)other;
        return _isInt64 && that._isInt64 ? _int64.CompareTo(that._int64) : ExactDecimal.Compare(Exact, that.Exact);
    }

    internal override bool EqualsSameKind(RegoValue other)
    {
        var that = (RegoNumber)other;
        if (_isInt64 != that._isInt64)
            return false;

        return _isInt64 ? _int64 == that._int64 : _exact == that._exact;
    }

    private protected override int ComputeHash() => _isInt64 ? _int64.GetHashCode() : _exact.GetHashCode();
}
