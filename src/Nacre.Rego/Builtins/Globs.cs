using System.Text;
using System.Text.RegularExpressions;

namespace Nacre.Rego.Builtins;

internal static class Globs
{
    private const int MaxLength = 8 * 1024;

    public static readonly Builtin[] List =
    [
        new("glob.match", 3, Match),
        new("glob.quote_meta", 1, (c, a) => c.Text(Quote(a.Text(0)))),
    ];

    private static RegoBool Match(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var (pattern, text) = (a.Text(0), a.Text(2));
        var delimiters = a[1] switch
        {
            RegoNull => "",
            RegoArray { Count: 0 } => ".",
            RegoArray array => string.Concat(array.Items.Select(item => item is RegoString s && Json.GoText.CountRunes(s.Value) == 1
                ? s.Value
                : throw Operands.WrongElement(1, array, item, item is RegoString ? "rune" : "string"))),
            var other => throw Operands.WrongType(1, other, "array", "null"),
        };
        var regex = call.Evaluation.Pattern($"glob:{delimiters}:{pattern}", pattern, (glob, timeout) => Compile(ToRegex(glob, delimiters), timeout));
        return Regexes.Guarded(call, text, () => RegoBool.From(regex.IsMatch(text)));
    }

    private static Regex Compile(string pattern, TimeSpan timeout)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant, timeout);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            // The latter says that the automaton would be too large.
            throw new RegoBuiltinException($"the pattern cannot be used: {e.Message}");
        }
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (@"*?\[]{}".Contains(c))
                quoted.Append('\\');
            quoted.Append(c);
        }

        return quoted.ToString();
    }

    private static string ToRegex(string glob, string delimiters)
    {
        if (glob.Length > MaxLength)
            throw new RegoBuiltinException($"pattern is longer than {MaxLength}");

        var one = delimiters.Length == 0 ? "." : "[^" + Escaped(delimiters) + "]";
        var regex = new StringBuilder(@"\A");
        var depth = 0;
        for (var at = 0; at < glob.Length; at++)
        {
            switch (glob[at])
            {
                case '*' when at + 1 < glob.Length && glob[at + 1] == '*':
                    regex.Append(".*");
                    while (at + 1 < glob.Length && glob[at + 1] == '*')
                        at++;
                    break;
                case '*':
                    regex.Append(one).Append('*');
                    break;
                case '?':
                    regex.Append(one);
                    break;
                case '[':
                    at = AppendClass(regex, glob, at);
                    break;
                case '{':
                    depth++;
                    regex.Append("(?:");
                    break;
                case '}' when depth > 0:
                    depth--;
                    regex.Append(')');
                    break;
                case ',' when depth > 0:
                    regex.Append('|');
                    break;
                case '\\' when at + 1 < glob.Length:
                    regex.Append(Regex.Escape(glob[++at].ToString()));
                    break;
                default:
                    regex.Append(Regex.Escape(glob[at].ToString()));
                    break;
            }
        }

        return depth == 0 ? regex.Append(@"\z").ToString() : throw new RegoBuiltinException("unexpected end of pattern: a brace is open");
    }

    private static int AppendClass(StringBuilder regex, string glob, int at)
    {
        var end = glob.IndexOf(']', at + 1);
        if (end < 0 || end == at + 1)
            throw new RegoBuiltinException("unexpected end of pattern: a bracket is open");

        var content = glob[(at + 1)..end];
        var isNegated = content[0] is '!' or '^';
        if (isNegated)
            content = content[1..];
        if (content.Length == 0)
            throw new RegoBuiltinException("unexpected end of pattern: a bracket holds nothing");
        var isRange = content.Length == 3 && content[1] == '-';
        if (isRange && content[0] > content[2])
            throw new RegoBuiltinException($"the range {content} goes backwards");
        regex.Append(isNegated ? "[^" : "[").Append(isRange ? Escaped(content[..1]) + "-" + Escaped(content[2..]) : Escaped(content)).Append(']');
        return end;
    }

    private static string Escaped(string characters) => string.Concat(characters.Select(c => $@"\u{(int)c:X4}"));
}
