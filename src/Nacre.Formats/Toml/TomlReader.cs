using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Nacre.Formats.Toml;

/// <summary>Keys and values of TOML 1.0, character by character.</summary>
internal sealed class TomlReader(string text, string structure)
{
    private static readonly Regex s_integer = new(
        @"^[+-]?(0|[1-9](_?[0-9])*)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
    private static readonly Regex s_prefixed = new(
        @"^0(x[0-9a-fA-F](_?[0-9a-fA-F])*|o[0-7](_?[0-7])*|b[01](_?[01])*)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
    private static readonly Regex s_float = new(
        @"^[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
    private static readonly Regex s_dateTime = new(
        @"^([0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?|[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);

    private int _at;

    public MalformedDataException Malformed(string field, string rule) => new(structure, field, _at, rule);

    /// <summary>Goes to the next line that holds something; false at the end.</summary>
    public bool NextLine()
    {
        SkipBlankLines();
        return _at < text.Length;
    }

    /// <summary>Only a comment may follow on this line.</summary>
    public void EndLine()
    {
        SkipBlanks();
        SkipComment();
        if (_at < text.Length && !TryNewLine())
            throw Malformed("(line)", $"'{text[_at]}' after the value");
    }

    public bool TryTake(char c)
    {
        SkipBlanks();
        if (_at >= text.Length || text[_at] != c)
            return false;
        _at++;
        return true;
    }

    public void Take(char c)
    {
        if (!TryTake(c))
            throw Malformed("(line)", $"'{c}' is missing");
    }

    /// <summary>One key, or several with dots between.</summary>
    public List<string> KeyPath()
    {
        var path = new List<string>();
        do
        {
            SkipBlanks();
            path.Add(Key());
            if (path.Count > 32)
                throw Malformed(path[^1], "is nested too deeply");
        }
        while (TryTake('.'));
        return path;
    }

    public JsonNode Value(int depth)
    {
        if (depth == 0)
            throw Malformed("(value)", "is nested too deeply");

        SkipBlanks();
        return Peek() switch
        {
            '"' or '\'' => JsonValue.Create(String(multiline: true)),
            '[' => Array(depth),
            '{' => InlineTable(depth),
            _ => Scalar(),
        };
    }

    private string Key()
    {
        if (Peek() is '"' or '\'')
            return String(multiline: false);

        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '-' or '_'))
            _at++;
        return _at > start ? text[start.._at] : throw Malformed("(key)", "is missing");
    }

    private JsonArray Array(int depth)
    {
        _at++;
        var array = new JsonArray();
        while (true)
        {
            SkipBlankLines();
            if (TryTake(']'))
                return array;

            array.Add(Value(depth - 1));
            SkipBlankLines();
            if (TryTake(']'))
                return array;
            Take(',');
        }
    }

    private JsonObject InlineTable(int depth)
    {
        _at++;
        var table = new JsonObject();
        if (TryTake('}'))
            return table;

        do
        {
            var path = KeyPath();
            Take('=');
            var value = Value(depth - 1);
            var target = table;
            foreach (var name in path[..^1])
            {
                if (!target.ContainsKey(name))
                    target[name] = new JsonObject();
                target = target[name] as JsonObject ?? throw Malformed(name, "is a value, not a table");
            }

            if (!target.TryAdd(path[^1], value))
                throw Malformed(path[^1], "is given twice");
        }
        while (TryTake(','));
        Take('}');
        return table;
    }

    private JsonValue Scalar()
    {
        var start = _at;
        while (_at < text.Length && !(text[_at] is ',' or ']' or '}' or '#' or '\n' or '\r' or '\t'))
        {
            // A date may have one blank before its time.
            if (text[_at] == ' ' && !(_at - start == 10 && _at + 1 < text.Length && char.IsAsciiDigit(text[_at + 1])))
                break;
            _at++;
        }

        var token = text[start.._at];
        if (token is "true" or "false")
            return JsonValue.Create(token == "true");
        if (s_dateTime.IsMatch(token))
            return JsonValue.Create(token);

        var plain = token.Replace("_", "", StringComparison.Ordinal);
        if (s_integer.IsMatch(token) && long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            return JsonValue.Create(integer);
        if (s_prefixed.IsMatch(token) && TryPrefixed(plain, out integer))
            return JsonValue.Create(integer);
        if (s_float.IsMatch(token) && token.AsSpan().ContainsAny('.', 'e', 'E') && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            return JsonValue.Create(number);

        _at = start;
        throw Malformed("(value)", token.Length == 0 ? "is missing" : $"'{(token.Length > 40 ? token[..40] : token)}' is no value that JSON can hold");
    }

    private static bool TryPrefixed(string token, out long value)
    {
        try
        {
            value = Convert.ToInt64(token[2..], token[1] switch { 'x' => 16, 'o' => 8, _ => 2 });
            return value >= 0;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            value = 0;
            return false;
        }
    }

    private string String(bool multiline)
    {
        var quote = text[_at];
        if (multiline && string.CompareOrdinal(text, _at, new string(quote, 3), 0, 3) == 0)
            return LongString(quote);

        _at++;
        var content = new StringBuilder();
        while (true)
        {
            var c = Peek();
            if (c is '\0' or '\n' or '\r')
                throw Malformed("(string)", "has no end on this line");
            _at++;
            if (c == quote)
                return content.ToString();
            AppendOrEscape(content, c, quote);
        }
    }

    private string LongString(char quote)
    {
        _at += 3;
        TryNewLine();
        var content = new StringBuilder();
        var end = new string(quote, 3);
        while (true)
        {
            if (_at >= text.Length)
                throw Malformed("(string)", "has no end");

            if (string.CompareOrdinal(text, _at, end, 0, 3) == 0)
            {
                _at += 3;

                // Up to two quotes may stand directly before the end.
                for (var extra = 0; extra < 2 && Peek() == quote; extra++, _at++)
                    content.Append(quote);
                return content.ToString();
            }

            var c = text[_at++];
            if (quote == '"' && c == '\\' && SkipLineContinuation())
                continue;
            if (c is '\n' or '\r')
                content.Append(c);
            else
                AppendOrEscape(content, c, quote);
        }
    }

    // A backslash at the end of a line swallows the line break and all blanks after it.
    private bool SkipLineContinuation()
    {
        var ahead = _at;
        while (ahead < text.Length && text[ahead] is ' ' or '\t')
            ahead++;
        if (ahead >= text.Length || text[ahead] is not ('\n' or '\r'))
            return false;

        while (ahead < text.Length && text[ahead] is ' ' or '\t' or '\n' or '\r')
            ahead++;
        _at = ahead;
        return true;
    }

    private void AppendOrEscape(StringBuilder content, char c, char quote)
    {
        if ((c < ' ' && c != '\t') || c == '\x7f')
            throw Malformed("(string)", $"holds the control character 0x{(int)c:x2}");
        if (c != '\\' || quote == '\'')
        {
            content.Append(c);
            return;
        }

        var escape = Peek();
        _at++;
        switch (escape)
        {
            case 'b': content.Append('\b'); break;
            case 't': content.Append('\t'); break;
            case 'n': content.Append('\n'); break;
            case 'f': content.Append('\f'); break;
            case 'r': content.Append('\r'); break;
            case '"' or '\\': content.Append(escape); break;
            case 'u': content.Append(CodePoint(4)); break;
            case 'U': content.Append(CodePoint(8)); break;
            default: throw Malformed("(string)", $"'\\{escape}' is no escape of TOML");
        }
    }

    private string CodePoint(int digits)
    {
        if (_at + digits > text.Length
            || !uint.TryParse(text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || !Rune.IsValid(code))
            throw Malformed("(string)", $"needs {digits} hex digits of a Unicode character");

        _at += digits;
        return new Rune(code).ToString();
    }

    private char Peek() => _at < text.Length ? text[_at] : '\0';

    private void SkipBlanks()
    {
        while (_at < text.Length && text[_at] is ' ' or '\t')
            _at++;
    }

    private void SkipComment()
    {
        if (Peek() != '#')
            return;
        while (_at < text.Length && text[_at] is not ('\n' or '\r'))
            _at++;
    }

    private bool TryNewLine()
    {
        if (Peek() == '\r' && _at + 1 < text.Length && text[_at + 1] == '\n')
            _at++;
        if (Peek() != '\n')
            return false;
        _at++;
        return true;
    }

    private void SkipBlankLines()
    {
        do
        {
            SkipBlanks();
            SkipComment();
        }
        while (TryNewLine());
    }
}
