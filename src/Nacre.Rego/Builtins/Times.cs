using System.Globalization;

namespace Nacre.Rego.Builtins;

/// <summary>Times are nanoseconds since 1970, in 64 bits: the years 1677 to 2262.</summary>
internal static class Times
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    public static readonly Builtin[] List =
    [
        new("time.now_ns", 0, (c, _) => RegoNumber.From((c.Now.UtcTicks - DateTime.UnixEpoch.Ticks) * 100)),
        new("time.parse_ns", 2, (_, a) => Checked(GoTime.Parse(GoTime.Named.GetValueOrDefault(a.Text(0), a.Text(0)), a.Text(1)))),
        new("time.parse_rfc3339_ns", 1, (_, a) => Checked(GoTime.Parse(GoTime.Named["RFC3339"], a.Text(0)))),
        new("time.parse_duration_ns", 1, (_, a) => RegoNumber.From(Duration(a.Text(0)))),
        new("time.format", 1, Format),
        new("time.date", 1, (_, a) => Numbers(Local(a[0]).Time is var t ? [t.Year, t.Month, t.Day] : [])),
        new("time.clock", 1, (_, a) => Numbers(Local(a[0]).Time is var t ? [t.Hour, t.Minute, t.Second] : [])),
        new("time.weekday", 1, (_, a) => new RegoString(Local(a[0]).Time.DayOfWeek.ToString())),
        new("time.add_date", 4, AddDate),
        new("time.diff", 2, (_, a) => Difference(Local(a[0]), Local(a[1]))),
    ];

    private readonly record struct LocalTime(DateTime Time, long Nanoseconds, TimeSpan Offset, TimeZoneInfo Zone, string? Layout);

    private static RegoArray Numbers(int[] numbers) => RegoArray.From(numbers.Select(number => RegoNumber.From((long)number)));

    private static RegoNumber Checked(Int128 nanoseconds) => nanoseconds >= long.MinValue && nanoseconds <= long.MaxValue
        ? RegoNumber.From((long)nanoseconds)
        : throw new RegoBuiltinException("time outside of valid range");

    private static LocalTime Local(RegoValue operand)
    {
        var zone = TimeZoneInfo.Utc;
        string? layout = null;
        RegoValue? time = operand;
        if (operand is RegoArray array)
        {
            time = array.Count > 0 ? array[0] : null;
            zone = array.Count > 1 ? Zone(array[1]) : zone;
            layout = array.Count > 2 ? (array[2] as RegoString ?? throw Operands.WrongType(0, array[2], "string")).Value : null;
        }

        if (time is not RegoNumber number)
            throw time is not null && operand is RegoArray
                ? Operands.WrongType(0, time, "number")
                : Operands.WrongType(0, operand, "either number (ns) or [number (ns), string (tz)]");
        if (!number.TryGetInt64(out var nanoseconds))
            throw new RegoBuiltinException("timestamp too big");

        var utc = DateTime.UnixEpoch.AddTicks((long)Math.Floor(nanoseconds / 100m));
        var offset = zone.GetUtcOffset(utc);
        return new LocalTime(utc + offset, nanoseconds, offset, zone, layout);
    }

    private static TimeZoneInfo Zone(RegoValue value)
    {
        if (value is not RegoString { Value: var name })
            throw Operands.WrongType(0, value, "string");
        if (name is "" or "UTC")
            return TimeZoneInfo.Utc;

        // "Local" is whatever the server is set to; policies must not depend on it.
        return name != "Local" && !name.Contains("..", StringComparison.Ordinal) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : throw new RegoBuiltinException($"unknown time zone {name}");
    }

    private static RegoString Format(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var local = Local(a[0]);
        var layout = local.Layout is null or "" ? GoTime.Named["RFC3339Nano"] : GoTime.Named.GetValueOrDefault(local.Layout, local.Layout);
        var nanosecond = ((local.Nanoseconds % NanosecondsPerSecond) + NanosecondsPerSecond) % NanosecondsPerSecond;
        return call.Text(GoTime.Format(layout, local.Time, nanosecond, local.Offset, Abbreviation(local)));
    }

    // .NET has no abbreviations of zones; the well-known ones are given, for others the offset, as Go does where it has none.
    private static string Abbreviation(LocalTime local)
    {
        if (local.Zone.Equals(TimeZoneInfo.Utc))
            return "UTC";

        var isSummer = local.Zone.IsDaylightSavingTime(local.Time);
        return local.Zone.Id switch
        {
            "America/New_York" or "US/Eastern" => isSummer ? "EDT" : "EST",
            "America/Chicago" or "US/Central" => isSummer ? "CDT" : "CST",
            "America/Denver" or "US/Mountain" => isSummer ? "MDT" : "MST",
            "America/Los_Angeles" or "US/Pacific" => isSummer ? "PDT" : "PST",
            "Europe/London" => isSummer ? "BST" : "GMT",
            "Europe/Berlin" or "Europe/Paris" or "Europe/Madrid" or "Europe/Rome" or "Europe/Vienna" or "Europe/Zurich" or "Europe/Amsterdam" => isSummer ? "CEST" : "CET",
            "Asia/Tokyo" => "JST",
            "Asia/Kolkata" => "IST",
            _ => (local.Offset < TimeSpan.Zero ? "-" : "+") + local.Offset.ToString(local.Offset.Minutes == 0 ? "hh" : "hhmm", CultureInfo.InvariantCulture),
        };
    }

    private static RegoNumber AddDate(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var local = Local(a[0]);
        var (years, months, days) = (a.Int(1), a.Int(2), a.Int(3));

        // Go: the fields are added up, then carried over: 31 October and one month is 1 December.
        var month = (long)local.Time.Month - 1 + months;
        var year = local.Time.Year + years + (long)Math.Floor(month / 12m);
        month = ((month % 12) + 12) % 12;
        if (year is < 1 or > 9998 || Math.Abs((long)days) > 3_000_000)
            throw new RegoBuiltinException("time outside of valid range");

        var date = new DateTime((int)year, (int)month + 1, 1, 0, 0, 0, DateTimeKind.Unspecified)
            .AddDays(local.Time.Day - 1 + (long)days) + local.Time.TimeOfDay;
        var offset = local.Zone.GetUtcOffset(DateTime.SpecifyKind(date, DateTimeKind.Unspecified));
        var below = ((local.Nanoseconds % 100) + 100) % 100;
        return Checked((Int128)(date.Ticks - offset.Ticks - DateTime.UnixEpoch.Ticks) * 100 + below);
    }

    private static RegoArray Difference(LocalTime first, LocalTime second)
    {
        var other = DateTime.UnixEpoch.AddTicks((long)Math.Floor(second.Nanoseconds / 100m));
        var (from, to) = (first.Time, other + first.Zone.GetUtcOffset(other));
        if (first.Nanoseconds > second.Nanoseconds)
            (from, to) = (to, from);

        var (year, month, day) = (to.Year - from.Year, to.Month - from.Month, to.Day - from.Day);
        var (hour, minute, second2) = (to.Hour - from.Hour, to.Minute - from.Minute, to.Second - from.Second);
        if (second2 < 0)
            (second2, minute) = (second2 + 60, minute - 1);
        if (minute < 0)
            (minute, hour) = (minute + 60, hour - 1);
        if (hour < 0)
            (hour, day) = (hour + 24, day - 1);
        if (day < 0)
            (day, month) = (day + DateTime.DaysInMonth(from.Year, from.Month), month - 1);
        if (month < 0)
            (month, year) = (month + 12, year - 1);

        return Numbers([year, month, day, hour, minute, second2]);
    }

    private static long Duration(string text)
    {
        var rest = text.TrimStart('+', '-');
        if (rest == "0")
            return 0;
        if (rest.Length == 0 || text.Length - rest.Length > 1)
            throw Wrong();

        decimal total = 0;
        while (rest.Length > 0)
        {
            var digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.'))
                digits++;
            var unitEnd = digits;
            while (unitEnd < rest.Length && !char.IsAsciiDigit(rest[unitEnd]) && rest[unitEnd] != '.')
                unitEnd++;
            var factor = rest[digits..unitEnd] switch
            {
                "ns" => 1m,
                "us" or "µs" or "μs" => 1_000m,
                "ms" => 1_000_000m,
                "s" => NanosecondsPerSecond,
                "m" => 60m * NanosecondsPerSecond,
                "h" => 3600m * NanosecondsPerSecond,
                "" => throw new RegoBuiltinException($"time: missing unit in duration {Json.TermText.Quote(text)}"),
                var unit => throw new RegoBuiltinException($"time: unknown unit {Json.TermText.Quote(unit)} in duration {Json.TermText.Quote(text)}"),
            };
            if (digits > 20 || !decimal.TryParse(rest[..digits].TrimEnd('.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
                throw Wrong();
            total += amount * factor;
            if (total > long.MaxValue)
                throw Wrong();
            rest = rest[unitEnd..];
        }

        return (long)(text[0] == '-' ? -total : total);

        RegoBuiltinException Wrong() => new($"time: invalid duration {Json.TermText.Quote(text)}");
    }
}
