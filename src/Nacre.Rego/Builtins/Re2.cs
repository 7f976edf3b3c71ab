using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Nacre.Rego.Builtins;

/// <summary>
/// Patterns in RE2's syntax on .NET's engine without backtracking, which is linear in the text as RE2 is. What differs in the notation
/// is rewritten; what RE2 does not have (look-around, back references) is refused.
/// </summary>
internal sealed class Re2
{
    private const int MaxRepeat = 1000;
    private const int MaxLength = 32 * 1024;

    private static readonly Dictionary<string, string> s_posix = new()
    {
        ["alnum"] = "0-9A-Za-z",
        ["alpha"] = "A-Za-z",
        ["ascii"] = @"\x00-\x7F",
        ["blank"] = @"\t ",
        ["cntrl"] = @"\x00-\x1F\x7F",
        ["digit"] = "0-9",
        ["graph"] = "!-~",
        ["lower"] = "a-z",
        ["print"] = " -~",
        ["punct"] = @"!-/:-@\[-`{-~",
        ["space"] = @"\t\n\v\f\r ",
        ["upper"] = "A-Z",
        ["word"] = "0-9A-Za-z_",
        ["xdigit"] = "0-9A-Fa-f",
    };

    private readonly string _pattern;
    private readonly StringBuilder _text = new();
    private readonly Stack<(bool IsMultiline, int Repeat)> _groups = new();
    private int _at;
    private bool _isMultiline;
    private int _repeat = 1;

    private Re2(string pattern) => _pattern = pattern;

    /// <exception cref="RegoBuiltinException">The pattern is not RE2's.</exception>
    public static Regex Compile(string pattern, TimeSpan timeout)
    {
        if (pattern.Length > MaxLength)
            throw Wrong("expression too large", "");

        try
        {
            return new Regex(new Re2(pattern).Translate(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, timeout);
        }
        catch (RegexParseException e)
        {
            throw Explain(pattern, e);
        }
        catch (NotSupportedException)
        {
            throw Wrong("invalid or unsupported Perl syntax", pattern);
        }
    }

    private string Translate()
    {
        while (_at < _pattern.Length)
            Next();

        return _text.ToString();
    }

    private void Next()
    {
        var c = _pattern[_at];
        switch (c)
        {
            case '\\':
                Escape(inClass: false);
                break;
            case '[':
                Class();
                break;
            case '(':
                Group();
                break;
            case ')':
                if (_groups.TryPop(out var outer))
                    (_isMultiline, _repeat) = outer;
                _text.Append(c);
                _at++;
                break;
            case '$':
                _text.Append(_isMultiline ? "$" : @"\z");
                _at++;
                break;
            case '{':
                Repeat();
                break;
            default:
                _text.Append(c);
                _at++;
                break;
        }
    }

    private void Group()
    {
        _groups.Push((_isMultiline, _repeat));
        _at++;
        if (_at >= _pattern.Length || _pattern[_at] != '?')
        {
            _text.Append('(');
            return;
        }

        if (Rest("?P<") || Rest("?<"))
        {
            if (Rest("?<=") || Rest("?<!"))
                throw Wrong("invalid or unsupported Perl syntax", string.Concat("(", _pattern.AsSpan(_at, 3)));
            _text.Append("(?<");
            _at = _pattern.IndexOf('<', _at) + 1;
            return;
        }

        // (?flags) or (?flags:
        var end = _at + 1;
        while (end < _pattern.Length && (char.IsAsciiLetter(_pattern[end]) || _pattern[end] == '-'))
            end++;
        var flags = _pattern[(_at + 1)..end];
        if (end >= _pattern.Length || _pattern[end] is not (':' or ')') || flags.Any(flag => !"imsU-".Contains(flag)))
            throw Wrong("invalid or unsupported Perl syntax", "(" + _pattern[_at..Math.Min(_at + 2, _pattern.Length)]);

        var isOn = true;
        foreach (var flag in flags)
            if (flag == '-')
                isOn = false;
            else if (flag == 'm')
                _isMultiline = isOn;

        // A bare (?m) holds for what follows in the group around it.
        if (_pattern[end] == ')')
            _groups.Pop();
        var known = flags.Replace("U", "", StringComparison.Ordinal);
        if (_pattern[end] == ':' || known.Trim('-').Length > 0)
            _text.Append("(?").Append(known.TrimEnd('-')).Append(_pattern[end]);
        _at = end + 1;
    }

    private void Repeat()
    {
        var end = _pattern.IndexOf('}', _at);
        var bounds = end < 0 ? [] : _pattern[(_at + 1)..end].Split(',');
        var isRepeat = bounds.Length is 1 or 2 && bounds[0].Length > 0 && bounds.All(bound => bound.All(char.IsAsciiDigit));
        if (!isRepeat)
        {
            _text.Append(@"\{");
            _at++;
            return;
        }

        foreach (var bound in bounds)
            if (bound.Length > 0 && (bound.Length > 4 || (_repeat = Math.Max(_repeat, 1) * Math.Max(1, int.Parse(bound, CultureInfo.InvariantCulture))) > MaxRepeat * MaxRepeat
                || int.Parse(bound, CultureInfo.InvariantCulture) > MaxRepeat))
                throw Wrong("invalid repeat count", _pattern[_at..(end + 1)]);

        _text.Append(_pattern, _at, end + 1 - _at);
        _at = end + 1;
    }

    private void Class()
    {
        var start = _at;
        _text.Append('[');
        _at++;
        if (_at < _pattern.Length && _pattern[_at] == '^')
        {
            _text.Append('^');
            _at++;
        }

        var isFirst = true;
        while (true)
        {
            if (_at >= _pattern.Length)
                throw Wrong("missing closing ]", _pattern[start..]);

            var c = _pattern[_at];
            if (c == ']' && !isFirst)
            {
                _text.Append(']');
                _at++;
                return;
            }

            isFirst = false;
            if (c == '[' && _at + 1 < _pattern.Length && _pattern[_at + 1] == ':' && Posix())
                continue;
            if (c == '\\')
                Escape(inClass: true);
            else
            {
                if (c is '[' or ']')
                    _text.Append('\\');
                _text.Append(c);
                _at++;
            }
        }
    }

    private bool Posix()
    {
        var end = _pattern.IndexOf(":]", _at + 2, StringComparison.Ordinal);
        if (end < 0)
            return false;

        var name = _pattern[(_at + 2)..end];
        if (!s_posix.TryGetValue(name, out var set))
            throw Wrong("invalid character class range", _pattern[_at..(end + 2)]);
        _text.Append(set);
        _at = end + 2;
        return true;
    }

    private void Escape(bool inClass)
    {
        if (_at + 1 >= _pattern.Length)
            throw Wrong("trailing backslash at end of expression", "");

        var c = _pattern[_at + 1];
        _at += 2;
        switch (c)
        {
            case 'd' or 'w' or 's':
                var set = c switch { 'd' => "0-9", 'w' => "0-9A-Za-z_", _ => @"\t\n\f\r " };
                _text.Append(inClass ? set : "[" + set + "]");
                break;
            case 'D' or 'W' or 'S' when !inClass:
                _text.Append(c switch { 'D' => "[^0-9]", 'W' => "[^0-9A-Za-z_]", _ => @"[^\t\n\f\r ]" });
                break;
            case 'D' or 'W' or 'S':
                _text.Append(c switch
                {
                    'D' => @"\x00-/:-\uFFFF",
                    'W' => @"\x00-/:-@\[-\^`{-\uFFFF",
                    _ => @"\x00-\x08\x0B\x0E-\x1F!-\uFFFF",
                });
                break;
            case 'Q':
                var end = _pattern.IndexOf(@"\E", _at, StringComparison.Ordinal);
                var literal = end < 0 ? _pattern[_at..] : _pattern[_at..end];
                _text.Append(Regex.Escape(literal).Replace("]", @"\]", StringComparison.Ordinal));
                _at = end < 0 ? _pattern.Length : end + 2;
                break;
            case 'p' or 'P' when _at < _pattern.Length && _pattern[_at] != '{':
                _text.Append('\\').Append(c).Append('{').Append(_pattern[_at++]).Append('}');
                break;
            case 'x' when _at < _pattern.Length && _pattern[_at] == '{':
                var brace = _pattern.IndexOf('}', _at);
                if (brace < 0 || !int.TryParse(_pattern.AsSpan(_at + 1, brace - _at - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || !Rune.IsValid(code))
                    throw Wrong("invalid escape sequence", @"\x");
                _text.Append(code <= 0xFFFF ? $@"\u{code:X4}" : new Rune(code).ToString());
                _at = brace + 1;
                break;
            case >= '1' and <= '9':
                throw Wrong("invalid escape sequence", "\\" + c);
            case '0' or 'A' or 'b' or 'B' or 'z' or 'a' or 'f' or 't' or 'n' or 'r' or 'v' or 'x' or 'p' or 'P':
                _text.Append('\\').Append(c);
                break;
            default:
                if (char.IsAsciiLetterOrDigit(c))
                    throw Wrong("invalid escape sequence", "\\" + c);
                _text.Append('\\').Append(c);
                break;
        }
    }

    private bool Rest(string text) => string.CompareOrdinal(_pattern, _at, text, 0, text.Length) == 0;

    private static RegoBuiltinException Explain(string pattern, RegexParseException e) => e.Error switch
    {
        RegexParseError.UnterminatedBracket => Wrong("missing closing ]", pattern[Math.Max(0, pattern.LastIndexOf('['))..]),
        RegexParseError.InsufficientClosingParentheses => Wrong("missing closing )", pattern),
        RegexParseError.InsufficientOpeningParentheses => Wrong("unexpected )", pattern),
        RegexParseError.QuantifierAfterNothing => Wrong("missing argument to repetition operator", pattern[..1]),
        RegexParseError.NestedQuantifiersNotParenthesized => Wrong("invalid nested repetition operator", pattern),
        RegexParseError.ReversedCharacterRange => Wrong("invalid character class range", pattern),
        _ => Wrong(e.Error.ToString(), pattern),
    };

    private static RegoBuiltinException Wrong(string what, string where) =>
        new($"error parsing regexp: {what}{(where.Length > 0 ? $": `{where}`" : "")}");
}
