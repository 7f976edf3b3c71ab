using System.Globalization;
using System.Text;

namespace Nacre.Rego.Builtins;

/// <summary>Go's layouts for times: the reference time is Mon Jan 2 15:04:05 MST 2006.</summary>
internal static class GoTime
{
    public static readonly Dictionary<string, string> Named = new()
    {
        ["ANSIC"] = "Mon Jan _2 15:04:05 2006",
        ["UnixDate"] = "Mon Jan _2 15:04:05 MST 2006",
        ["RubyDate"] = "Mon Jan 02 15:04:05 -0700 2006",
        ["RFC822"] = "02 Jan 06 15:04 MST",
        ["RFC822Z"] = "02 Jan 06 15:04 -0700",
        ["RFC850"] = "Monday, 02-Jan-06 15:04:05 MST",
        ["RFC1123"] = "Mon, 02 Jan 2006 15:04:05 MST",
        ["RFC1123Z"] = "Mon, 02 Jan 2006 15:04:05 -0700",
        ["RFC3339"] = "2006-01-02T15:04:05Z07:00",
        ["RFC3339Nano"] = "2006-01-02T15:04:05.999999999Z07:00",
    };

    // Longer ones first where one is the beginning of another.
    private static readonly string[] s_elements =
    [
        "January", "Jan", "Monday", "Mon", "MST", "2006", "002", "01", "02", "03", "04", "05", "06", "15", "__2", "_2006", "_2",
        "PM", "pm", "Z07:00:00", "Z070000", "Z07:00", "Z0700", "Z07", "-07:00:00", "-070000", "-07:00", "-0700", "-07", "1", "2", "3", "4", "5",
    ];

    private static readonly string[] s_months = CultureInfo.InvariantCulture.DateTimeFormat.MonthNames[..12];
    private static readonly string[] s_days = CultureInfo.InvariantCulture.DateTimeFormat.DayNames;

    private sealed class Fields
    {
        public int Year { get; set; }

        public int Month { get; set; } = 1;

        public int Day { get; set; } = 1;

        public int YearDay { get; set; }

        public int Hour { get; set; }

        public int Minute { get; set; }

        public int Second { get; set; }

        public long Nanosecond { get; set; }

        public bool? IsAfternoon { get; set; }

        public int OffsetSeconds { get; set; }
    }

    /// <returns>Nanoseconds since 1970; wider than 64 bits, for the caller to check.</returns>
    public static Int128 Parse(string layout, string value)
    {
        var fields = new Fields();
        var at = 0;
        foreach (var (element, literal) in Elements(layout))
        {
            if (element is null)
            {
                if (string.CompareOrdinal(value, at, literal, 0, literal!.Length) != 0)
                    throw Wrong(layout, value, at, literal);
                at += literal.Length;
                continue;
            }

            if (!TryRead(element, value, ref at, fields))
                throw Wrong(layout, value, at, element);

            // A fraction may follow the seconds even where the layout has none.
            if (element is "05" or "5" && at < value.Length && value[at] is '.' or ',' && at + 1 < value.Length && char.IsAsciiDigit(value[at + 1]) && !FractionFollows(layout))
                TryRead(".999999999", value, ref at, fields);
        }

        if (at < value.Length)
            throw new RegoBuiltinException($"parsing time {Json.TermText.Quote(value)}: extra text: {Json.TermText.Quote(value[at..])}");

        return ToNanoseconds(fields, value);
    }

    public static string Format(string layout, DateTime local, long nanosecond, TimeSpan offset, string zone)
    {
        var text = new StringBuilder();
        foreach (var (element, literal) in Elements(layout))
        {
            if (element is null)
                text.Append(literal);
            else
                Append(text, element, local, nanosecond, offset, zone);
        }

        return text.ToString();
    }

    private static bool FractionFollows(string layout) => layout.Contains("5.0", StringComparison.Ordinal) || layout.Contains("5.9", StringComparison.Ordinal)
        || layout.Contains("5,0", StringComparison.Ordinal) || layout.Contains("5,9", StringComparison.Ordinal);

    private static IEnumerable<(string? Element, string? Literal)> Elements(string layout)
    {
        var literal = new StringBuilder();
        for (var at = 0; at < layout.Length;)
        {
            var element = ElementAt(layout, at);
            if (element is null)
            {
                literal.Append(layout[at++]);
                continue;
            }

            if (literal.Length > 0)
                yield return (null, literal.ToString());
            literal.Clear();
            yield return (element, null);
            at += element.Length;
        }

        if (literal.Length > 0)
            yield return (null, literal.ToString());
    }

    private static string? ElementAt(string layout, int at)
    {
        if (layout[at] is '.' or ',' && at + 1 < layout.Length && layout[at + 1] is '0' or '9')
        {
            var end = at + 1;
            while (end < layout.Length && layout[end] == layout[at + 1])
                end++;
            return end < layout.Length && char.IsAsciiDigit(layout[end]) ? null : layout[at..end];
        }

        return Array.Find(s_elements, element => string.CompareOrdinal(layout, at, element, 0, element.Length) == 0
            && !(element is "Jan" or "Mon" && at + 3 < layout.Length && char.IsAsciiLetterLower(layout[at + 3])));
    }

    private static bool TryRead(string element, string value, ref int at, Fields f)
    {
        switch (element)
        {
            case "2006" or "_2006":
                return Digits(value, ref at, 4, 4, year => f.Year = year);
            case "06":
                return Digits(value, ref at, 2, 2, year => f.Year = year + (year >= 69 ? 1900 : 2000));
            case "January":
                return Name(value, ref at, s_months, 0, month => f.Month = month + 1);
            case "Jan":
                return Name(value, ref at, s_months, 3, month => f.Month = month + 1);
            case "01":
                return Digits(value, ref at, 2, 2, month => f.Month = month) && f.Month is >= 1 and <= 12;
            case "1":
                return Digits(value, ref at, 1, 2, month => f.Month = month) && f.Month is >= 1 and <= 12;
            case "Monday":
                return Name(value, ref at, s_days, 0, _ => { });
            case "Mon":
                return Name(value, ref at, s_days, 3, _ => { });
            case "02":
                return Digits(value, ref at, 2, 2, day => f.Day = day);
            case "2" or "_2":
                if (element == "_2" && at < value.Length && value[at] == ' ')
                    at++;
                return Digits(value, ref at, 1, 2, day => f.Day = day);
            case "002" or "__2":
                return Digits(value, ref at, 3, 3, day => f.YearDay = day);
            case "15":
                return Digits(value, ref at, 2, 2, hour => f.Hour = hour) && f.Hour < 24;
            case "03":
                return Digits(value, ref at, 2, 2, hour => f.Hour = hour) && f.Hour <= 12;
            case "3":
                return Digits(value, ref at, 1, 2, hour => f.Hour = hour) && f.Hour <= 12;
            case "04":
                return Digits(value, ref at, 2, 2, minute => f.Minute = minute) && f.Minute < 60;
            case "4":
                return Digits(value, ref at, 1, 2, minute => f.Minute = minute) && f.Minute < 60;
            case "05":
                return Digits(value, ref at, 2, 2, second => f.Second = second) && f.Second < 60;
            case "5":
                return Digits(value, ref at, 1, 2, second => f.Second = second) && f.Second < 60;
            case "PM" or "pm":
                var half = at + 2 <= value.Length ? value.Substring(at, 2) : "";
                if (half != (element == "PM" ? "PM" : "pm") && half != (element == "PM" ? "AM" : "am"))
                    return false;
                f.IsAfternoon = half[0] is 'P' or 'p';
                at += 2;
                return true;
            case "MST":
                return Zone(value, ref at, f);
            default:
                return element[0] is '.' or ',' ? Fraction(element, value, ref at, f) : Offset(element, value, ref at, f);
        }
    }

    private static bool Digits(string value, ref int at, int least, int most, Action<int> set)
    {
        var end = at;
        while (end < value.Length && end - at < most && char.IsAsciiDigit(value[end]))
            end++;
        if (end - at < least)
            return false;

        set(int.Parse(value.AsSpan(at, end - at), CultureInfo.InvariantCulture));
        at = end;
        return true;
    }

    private static bool Name(string value, ref int at, string[] names, int length, Action<int> set)
    {
        for (var i = 0; i < names.Length; i++)
        {
            var name = length == 0 ? names[i] : names[i][..length];
            if (string.Compare(value, at, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) != 0)
                continue;
            at += name.Length;
            set(i);
            return true;
        }

        return false;
    }

    // Names of zones say nothing certain: only UTC and GMT±n do.
    private static bool Zone(string value, ref int at, Fields f)
    {
        var end = at;
        while (end < value.Length && char.IsAsciiLetterUpper(value[end]))
            end++;
        if (end - at is not (3 or 4 or 5))
            return false;

        var isGmt = value[at..end] == "GMT";
        at = end;
        if (!isGmt || at >= value.Length || value[at] is not ('+' or '-'))
            return true;

        var sign = value[at++] == '-' ? -1 : 1;
        return Digits(value, ref at, 1, 2, hours => f.OffsetSeconds = sign * hours * 3600);
    }

    private static bool Fraction(string element, string value, ref int at, Fields f)
    {
        if (at >= value.Length || value[at] is not ('.' or ','))
            return element[1] == '9';

        var end = at + 1;
        while (end < value.Length && char.IsAsciiDigit(value[end]) && end - at <= 9)
            end++;
        if (element[1] == '0' && end - at != element.Length)
            return false;

        f.Nanosecond = long.Parse(value[(at + 1)..end].PadRight(9, '0'), CultureInfo.InvariantCulture);
        while (end < value.Length && char.IsAsciiDigit(value[end]))
            end++;
        at = end;
        return true;
    }

    private static bool Offset(string element, string value, ref int at, Fields f)
    {
        if (element[0] == 'Z' && at < value.Length && value[at] == 'Z')
        {
            at++;
            return true;
        }

        var colon = element.Contains(':');
        var parts = element.Replace(":", "", StringComparison.Ordinal).Length / 2;
        if (at >= value.Length || value[at] is not ('+' or '-'))
            return false;

        var sign = value[at++] == '-' ? -1 : 1;
        var total = 0;
        for (var i = 0; i < parts; i++)
        {
            if (colon && i > 0 && (at >= value.Length || value[at++] != ':'))
                return false;
            var unit = i == 0 ? 3600 : i == 1 ? 60 : 1;
            var limit = i == 0 ? 24 : 60;
            var read = 0;
            if (!Digits(value, ref at, 2, 2, part => read = part) || read >= limit)
                return false;
            total += read * unit;
        }

        f.OffsetSeconds = sign * total;
        return true;
    }

    private static Int128 ToNanoseconds(Fields f, string value)
    {
        if (f.IsAfternoon is { } afternoon)
            f.Hour = f.Hour % 12 + (afternoon ? 12 : 0);
        if (f.YearDay > 0)
            (f.Month, f.Day) = (1, f.YearDay);
        else if (f.Day < 1 || f.Day > DateTime.DaysInMonth(Math.Clamp(f.Year == 0 ? 4 : f.Year, 1, 9999), f.Month))
            throw new RegoBuiltinException($"parsing time {Json.TermText.Quote(value)}: day out of range");

        // Year 0 exists in Go and not in .NET; four centuries are always as many days.
        var shift = f.Year < 1 ? 400 : 0;
        var date = new DateTime(f.Year + shift, f.Month, 1, f.Hour, f.Minute, f.Second, DateTimeKind.Utc).AddDays(f.Day - 1);
        var ticks = date.Ticks - DateTime.UnixEpoch.Ticks - (shift > 0 ? 146_097L * TimeSpan.TicksPerDay : 0) - f.OffsetSeconds * TimeSpan.TicksPerSecond;
        return (Int128)ticks * 100 + f.Nanosecond;
    }

    private static void Append(StringBuilder text, string element, DateTime t, long nanosecond, TimeSpan offset, string zone)
    {
        var hour = t.Hour % 12 == 0 ? 12 : t.Hour % 12;
        switch (element)
        {
            case "PM":
                text.Append(t.Hour >= 12 ? "PM" : "AM");
                return;
            case "pm":
                text.Append(t.Hour >= 12 ? "pm" : "am");
                return;
            case "MST":
                text.Append(zone);
                return;
            case "January":
                text.Append(s_months[t.Month - 1]);
                return;
            case "Jan":
                text.Append(s_months[t.Month - 1][..3]);
                return;
            case "Monday":
                text.Append(t.DayOfWeek);
                return;
            case "Mon":
                text.Append(t.DayOfWeek.ToString()[..3]);
                return;
        }

        if (element[0] is 'Z' or '-')
        {
            AppendOffset(text, element, offset);
            return;
        }

        if (element[0] is '.' or ',')
        {
            var digits = nanosecond.ToString("000000000", CultureInfo.InvariantCulture)[..Math.Min(9, element.Length - 1)];
            if (element[1] == '9')
                digits = digits.TrimEnd('0');
            if (digits.Length > 0)
                text.Append(element[0]).Append(digits);
            return;
        }

        var (number, width, pad) = element switch
        {
            "2006" => (t.Year, 4, '0'),
            "06" => (t.Year % 100, 2, '0'),
            "01" => (t.Month, 2, '0'),
            "1" => (t.Month, 1, '0'),
            "02" => (t.Day, 2, '0'),
            "_2" => (t.Day, 2, ' '),
            "2" => (t.Day, 1, '0'),
            "002" => (t.DayOfYear, 3, '0'),
            "__2" => (t.DayOfYear, 3, ' '),
            "15" => (t.Hour, 2, '0'),
            "03" => (hour, 2, '0'),
            "3" => (hour, 1, '0'),
            "04" => (t.Minute, 2, '0'),
            "4" => (t.Minute, 1, '0'),
            "05" => (t.Second, 2, '0'),
            "5" => (t.Second, 1, '0'),
            _ => (t.Year, 4, '0'),
        };
        if (element == "_2006")
            text.Append('_');
        text.Append(number.ToString(CultureInfo.InvariantCulture).PadLeft(width, pad));
    }

    private static void AppendOffset(StringBuilder text, string element, TimeSpan offset)
    {
        if (element[0] == 'Z' && offset == TimeSpan.Zero)
        {
            text.Append('Z');
            return;
        }

        var parts = element.Replace(":", "", StringComparison.Ordinal).Length / 2;
        text.Append(offset < TimeSpan.Zero ? '-' : '+');
        var size = offset.Duration();
        int[] values = [size.Hours, size.Minutes, size.Seconds];
        for (var i = 0; i < parts; i++)
            text.Append(i > 0 && element.Contains(':') ? ":" : "").Append(values[i].ToString("00", CultureInfo.InvariantCulture));
    }

    private static RegoBuiltinException Wrong(string layout, string value, int at, string element) => new(
        $"parsing time {Json.TermText.Quote(value)} as {Json.TermText.Quote(layout)}: cannot parse {Json.TermText.Quote(value[Math.Min(at, value.Length)..])} as {Json.TermText.Quote(element)}");
}
