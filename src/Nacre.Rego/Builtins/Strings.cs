using System.Text;
using Nacre.Rego.Json;

namespace Nacre.Rego.Builtins;

internal static class Strings
{
    public static readonly Builtin[] List =
    [
        new("concat", 2, (c, a) => c.Text(string.Join(a.Text(0), a.Texts(1)))),
        new("contains", 2, (_, a) => RegoBool.From(a.Text(0).Contains(a.Text(1), StringComparison.Ordinal))),
        new("startswith", 2, (_, a) => RegoBool.From(a.Text(0).StartsWith(a.Text(1), StringComparison.Ordinal))),
        new("endswith", 2, (_, a) => RegoBool.From(a.Text(0).EndsWith(a.Text(1), StringComparison.Ordinal))),
        new("lower", 1, (c, a) => c.Text(a.Text(0).ToLowerInvariant())),
        new("upper", 1, (c, a) => c.Text(a.Text(0).ToUpperInvariant())),
        new("format_int", 2, (c, a) => c.Text(FormatInt(a.Number(0), a.Number(1)))),
        new("indexof", 2, (_, a) => RegoNumber.From(IndexOf(a.Text(0), a.Text(1)))),
        new("indexof_n", 2, IndexOfAll),
        new("substring", 3, (c, a) => c.Text(Substring(a.Text(0), a.Int(1), a.Int(2)))),
        new("split", 2, Split),
        new("replace", 3, (c, a) => c.Text(Replace(a.Text(0), a.Text(1), a.Text(2)))),
        new("sprintf", 2, (c, a) => c.Text(GoFormat.Format(a.Text(0), a.Array(1).Span))),
        new("strings.reverse", 1, (c, a) => c.Text(Reverse(a.Text(0)))),
        new("strings.count", 2, (_, a) => RegoNumber.From(CountOf(a.Text(0), a.Text(1)))),
        new("strings.replace_n", 2, ReplaceAll),
        new("strings.any_prefix_match", 2, (_, a) => AnyMatch(a, (text, part) => text.StartsWith(part, StringComparison.Ordinal))),
        new("strings.any_suffix_match", 2, (_, a) => AnyMatch(a, (text, part) => text.EndsWith(part, StringComparison.Ordinal))),
        new("strings.render_template", 2, (c, a) => c.Text(GoTemplate.Render(a.Text(0), a.Object(1)))),
        new("trim", 2, (c, a) => c.Text(TrimEnd(TrimStart(a.Text(0), a.Text(1)), a.Text(1)))),
        new("trim_left", 2, (c, a) => c.Text(TrimStart(a.Text(0), a.Text(1)))),
        new("trim_right", 2, (c, a) => c.Text(TrimEnd(a.Text(0), a.Text(1)))),
        new("trim_prefix", 2, (c, a) => c.Text(a.Text(0).StartsWith(a.Text(1), StringComparison.Ordinal) ? a.Text(0)[a.Text(1).Length..] : a.Text(0))),
        new("trim_suffix", 2, (c, a) => c.Text(a.Text(0).EndsWith(a.Text(1), StringComparison.Ordinal) ? a.Text(0)[..^a.Text(1).Length] : a.Text(0))),
        new("trim_space", 1, (c, a) => c.Text(a.Text(0).Trim())),
    ];

    public static string FormatInt(RegoNumber number, RegoNumber @base)
    {
        var value = number.ToBigInteger();
        if (!@base.TryGetInt64(out var radix) || radix is not (2 or 8 or 10 or 16))
            throw Operands.Wrong(1, "must be one of {2, 8, 10, 16}");

        return GoFormat.Digits(value, (int)radix);
    }

    private static int IndexOf(string text, string part)
    {
        if (part.Length == 0)
            throw Operands.Wrong(1, "must be a non-empty string");
        var at = text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? -1 : GoText.CountRunes(text[..at]);
    }

    private static RegoArray IndexOfAll(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var (text, part) = (a.Text(0), a.Text(1));
        if (part.Length == 0)
            throw Operands.Wrong(1, "must be a non-empty string");

        var found = new List<RegoValue>();
        var (from, runes) = (0, 0);
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal))
        {
            runes += GoText.CountRunes(text[from..at]);
            from = at;
            found.Add(RegoNumber.From(runes));
        }

        call.Evaluation.Charge(found.Count);
        return RegoArray.From(found);
    }

    private static string Substring(string text, int offset, int length)
    {
        if (offset < 0)
            throw new RegoBuiltinException("negative offset");

        var start = SkipRunes(text, 0, offset);
        return length < 0 ? text[start..] : text[start..SkipRunes(text, start, length)];
    }

    private static int SkipRunes(string text, int from, int count)
    {
        while (from < text.Length && count-- > 0)
            from += from + 1 < text.Length && char.IsSurrogatePair(text[from], text[from + 1]) ? 2 : 1;

        return from;
    }

    private static RegoArray Split(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var (text, separator) = (a.Text(0), a.Text(1));
        var parts = new List<RegoValue>();
        if (separator.Length > 0)
            parts.AddRange(text.Split(separator).Select(part => new RegoString(part)));
        else
            for (var at = 0; at < text.Length;)
            {
                var next = SkipRunes(text, at, 1);
                parts.Add(new RegoString(text[at..next]));
                at = next;
            }

        call.Evaluation.Charge(parts.Count);
        call.Evaluation.ChargeText(text.Length);
        return RegoArray.From(parts);
    }

    // Go: an empty pattern stands before every character and at the end.
    public static string Replace(string text, string old, string @new)
    {
        if (old.Length > 0)
            return text.Replace(old, @new, StringComparison.Ordinal);

        var replaced = new StringBuilder(@new);
        for (var at = 0; at < text.Length;)
        {
            var next = SkipRunes(text, at, 1);
            replaced.Append(text, at, next - at).Append(@new);
            at = next;
        }

        return replaced.ToString();
    }

    private static RegoString ReplaceAll(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var patterns = a.Object(0);
        var pairs = new List<(string Old, string New)>();
        for (var i = 0; i < patterns.Count; i++)
        {
            if (patterns.KeySpan[i] is not RegoString old)
                throw Operands.Wrong(0, "non-string key found in pattern object");
            if (patterns.ValueSpan[i] is not RegoString @new)
                throw Operands.Wrong(0, "non-string value found in pattern object");
            pairs.Add((old.Value, @new.Value));
        }

        // At each place the first pattern that fits is taken, and what it gives is not looked at again.
        var text = a.Text(1);
        var replaced = new StringBuilder();
        for (var at = 0; at <= text.Length;)
        {
            var (old, @new) = pairs.Find(pair => string.CompareOrdinal(text, at, pair.Old, 0, pair.Old.Length) == 0);
            if (old is not null)
                replaced.Append(@new);
            if (old is { Length: > 0 })
            {
                at += old.Length;
                continue;
            }

            if (at < text.Length)
                replaced.Append(text[at]);
            at++;
        }

        return call.Text(replaced.ToString());
    }

    private static int CountOf(string text, string part)
    {
        if (part.Length == 0)
            return GoText.CountRunes(text) + 1;

        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal))
            count++;

        return count;
    }

    private static string Reverse(string text)
    {
        var reversed = new StringBuilder(text.Length);
        for (var end = text.Length; end > 0;)
        {
            var start = end - (end > 1 && char.IsSurrogatePair(text[end - 2], text[end - 1]) ? 2 : 1);
            reversed.Append(text, start, end - start);
            end = start;
        }

        return reversed.ToString();
    }

    private static RegoBool AnyMatch(ReadOnlySpan<RegoValue> a, Func<string, string, bool> fits)
    {
        var texts = OneOrMore(a, 0);
        var parts = OneOrMore(a, 1);
        return RegoBool.From(texts.Exists(text => parts.Exists(part => fits(text, part))));
    }

    private static List<string> OneOrMore(ReadOnlySpan<RegoValue> a, int at) => a[at] switch
    {
        RegoString text => [text.Value],
        RegoArray or RegoSet => a.Texts(at),
        var other => throw Operands.WrongType(at, other, "string", "set", "array"),
    };

    private static string TrimStart(string text, string cutset)
    {
        var start = 0;
        while (start < text.Length)
        {
            var next = SkipRunes(text, start, 1);
            if (!cutset.Contains(text[start..next], StringComparison.Ordinal))
                break;
            start = next;
        }

        return text[start..];
    }

    private static string TrimEnd(string text, string cutset)
    {
        var end = text.Length;
        while (end > 0)
        {
            var start = end - (end > 1 && char.IsSurrogatePair(text[end - 2], text[end - 1]) ? 2 : 1);
            if (!cutset.Contains(text[start..end], StringComparison.Ordinal))
                break;
            end = start;
        }

        return text[..end];
    }
}
