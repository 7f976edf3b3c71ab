using System.Text;
using System.Text.RegularExpressions;

namespace Nacre.Rego.Builtins;

internal static class Regexes
{
    public static readonly Builtin[] List =
    [
        new("regex.match", 2, Match),
        new("re_match", 2, Match),
        new("regex.is_valid", 1, (c, a) => RegoBool.From(a[0] is RegoString text && IsValid(c, text.Value))),
        new("regex.split", 2, Split),
        new("regex.replace", 3, Replace),
        new("regex.find_n", 3, Find),
        new("regex.find_all_string_submatch_n", 3, FindGroups),
        new("regex.globs_match", 2, (c, a) => RegoBool.From(GlobIntersection.IsNonEmpty(a.Text(0), a.Text(1)))),
        new("regex.template_match", 4, TemplateMatch),
    ];

    /// <summary>Runs over a text within what is left of the evaluation's time.</summary>
    public static T Guarded<T>(BuiltinCall call, string text, Func<T> run)
    {
        call.Evaluation.Steps(text.Length / 16);
        try
        {
            return run();
        }
        catch (RegexMatchTimeoutException)
        {
            call.Evaluation.Look();
            throw new RegoBuiltinException("the pattern took too long");
        }
    }

    private static RegoBool Match(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var regex = call.Evaluation.Pattern(a.Text(0));
        var text = a.Text(1);
        return Guarded(call, text, () => RegoBool.From(regex.IsMatch(text)));
    }

    private static bool IsValid(BuiltinCall call, string pattern)
    {
        try
        {
            call.Evaluation.Pattern(pattern);
            return true;
        }
        catch (RegoBuiltinException)
        {
            return false;
        }
    }

    private static RegoArray Split(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var regex = call.Evaluation.Pattern(a.Text(0));
        var text = a.Text(1);
        var parts = new List<RegoValue>();
        var from = 0;
        foreach (var (index, length) in Spans(call, regex, text))
        {
            // An empty match at either end splits nothing off.
            if (length == 0 && (index == 0 || index == text.Length))
                continue;
            parts.Add(call.Text(text[from..index]));
            from = index + length;
        }

        parts.Add(call.Text(text[from..]));
        return RegoArray.From(parts);
    }

    private static RegoString Replace(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var (text, pattern, replacement) = (a.Text(0), a.Text(1), a.Text(2));
        var regex = call.Evaluation.Pattern(pattern);
        return call.Text(Guarded(call, text, () => regex.Replace(text, match => Expand(replacement, match, regex))));
    }

    // Go: $name, ${name}, $1, $$. A name is as long as it can be, and one that does not exist is empty.
    private static string Expand(string template, Match match, Regex regex)
    {
        var text = new StringBuilder();
        for (var at = 0; at < template.Length; at++)
        {
            if (template[at] != '$' || at + 1 == template.Length)
            {
                text.Append(template[at]);
                continue;
            }

            if (template[at + 1] == '$')
            {
                text.Append('$');
                at++;
                continue;
            }

            var braced = template[at + 1] == '{';
            var start = at + (braced ? 2 : 1);
            var end = start;
            while (end < template.Length && (char.IsAsciiLetterOrDigit(template[end]) || template[end] == '_'))
                end++;
            if (end == start || (braced && (end == template.Length || template[end] != '}')))
            {
                text.Append('$');
                continue;
            }

            var name = template[start..end];
            if (regex.GroupNumberFromName(name) >= 0)
                text.Append(match.Groups[name].Value);
            at = braced ? end : end - 1;
        }

        return text.ToString();
    }

    private static RegoArray Find(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var regex = call.Evaluation.Pattern(a.Text(0));
        var (text, count) = (a.Text(1), a.Int(2));
        var found = Spans(call, regex, text);
        return RegoArray.From((count < 0 ? found : found.Take(count)).Select(span => call.Text(text.Substring(span.Index, span.Length))));
    }

    private static RegoArray FindGroups(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var regex = call.Evaluation.Pattern(a.Text(0));
        var (text, count) = (a.Text(1), a.Int(2));
        var matches = Guarded(call, text, () => regex.Matches(text).ToList());
        call.Evaluation.Charge(matches.Count);
        return RegoArray.From((count < 0 ? matches : matches.Take(count)).Select(match =>
            RegoArray.From(match.Groups.Values.OrderBy(group => regex.GroupNumberFromName(group.Name)).Select(group => call.Text(group.Value)))));
    }

    private static List<(int Index, int Length)> Spans(BuiltinCall call, Regex regex, string text) => Guarded(call, text, () =>
    {
        var spans = new List<(int, int)>();
        var lastEnd = -1;
        foreach (var match in regex.EnumerateMatches(text))
        {
            // Go does not take an empty match right behind the one before.
            if (match.Length == 0 && match.Index == lastEnd)
                continue;
            spans.Add((match.Index, match.Length));
            lastEnd = match.Index + match.Length;
        }

        return spans;
    });

    // Text between the delimiters is a pattern, all else is meant literally.
    private static RegoBool TemplateMatch(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var (template, text, open, close) = (a.Text(0), a.Text(1), a.Text(2), a.Text(3));
        if (open.Length != 1 || close.Length != 1)
            throw new RegoBuiltinException("delimiters must be one character each");

        var pattern = new StringBuilder("^");
        var depth = 0;
        var start = 0;
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] == open[0] && depth++ == 0)
            {
                pattern.Append(Regex.Escape(template[start..i]));
                start = i + 1;
            }
            else if (template[i] == close[0] && --depth == 0)
            {
                pattern.Append('(').Append(template, start, i - start).Append(')');
                start = i + 1;
            }

            if (depth < 0)
                break;
        }

        if (depth != 0)
            throw new RegoBuiltinException($"unbalanced braces in {Json.TermText.Quote(template)}");

        var regex = call.Evaluation.Pattern(pattern.Append(Regex.Escape(template[start..])).Append('$').ToString());
        return Guarded(call, text, () => RegoBool.From(regex.IsMatch(text)));
    }
}
