using System.Text;
using Nacre.Rego.Json;

namespace Nacre.Rego.Builtins.GraphQL;

internal enum GraphQlTokenKind
{
    End,
    Name,
    Int,
    Float,
    String,
    BlockString,
    Punctuation,
}

internal readonly record struct GraphQlToken(GraphQlTokenKind Kind, string Text, int Line, int Column)
{
    public bool Is(string punctuation) => Kind == GraphQlTokenKind.Punctuation && Text == punctuation;

    public override string ToString() => Kind switch
    {
        GraphQlTokenKind.End => "<EOF>",
        GraphQlTokenKind.Punctuation => Text,
        _ when Text.Length == 0 => Kind.ToString(),
        _ => $"{Kind} {TermText.Quote(Text)}",
    };
}

/// <summary>GraphQL (October 2021), section 2.1.</summary>
internal sealed class GraphQlLexer(string text)
{
    private int _at;
    private int _line = 1;
    private int _lineStart;

    public static List<GraphQlToken> Read(string text)
    {
        var lexer = new GraphQlLexer(text);
        var tokens = new List<GraphQlToken>();
        do
            tokens.Add(lexer.Next());
        while (tokens[^1].Kind != GraphQlTokenKind.End);
        return tokens;
    }

    public static RegoBuiltinException Wrong(string message, int line, int column) =>
        new($"{message} in GraphQL string at location {line}:{column}");

    private GraphQlToken Next()
    {
        SkipIgnored();
        var (line, column, start) = (_line, _at - _lineStart + 1, _at);
        if (_at >= text.Length)
            return new GraphQlToken(GraphQlTokenKind.End, "", line, column);

        var c = text[_at];
        if (string.CompareOrdinal(text, _at, "...", 0, 3) == 0)
        {
            _at += 3;
            return new GraphQlToken(GraphQlTokenKind.Punctuation, "...", line, column);
        }

        if ("!$&():=@[]{|}".Contains(c))
        {
            _at++;
            return new GraphQlToken(GraphQlTokenKind.Punctuation, c.ToString(), line, column);
        }

        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_'))
                _at++;
            return new GraphQlToken(GraphQlTokenKind.Name, text[start.._at], line, column);
        }

        if (char.IsAsciiDigit(c) || c == '-')
            return Number(line, column);
        if (string.CompareOrdinal(text, _at, "\"\"\"", 0, 3) == 0)
            return new GraphQlToken(GraphQlTokenKind.BlockString, Block(line, column), line, column);
        if (c == '"')
            return new GraphQlToken(GraphQlTokenKind.String, Quoted(line, column), line, column);

        throw Wrong($"Cannot parse the unexpected character {TermText.Quote(c.ToString())}.", line, column);
    }

    private void SkipIgnored()
    {
        for (; _at < text.Length; _at++)
        {
            if (text[_at] == '#')
                while (_at + 1 < text.Length && text[_at + 1] != '\n')
                    _at++;
            else if (text[_at] == '\n')
                (_line, _lineStart) = (_line + 1, _at + 1);
            else if (text[_at] is not (' ' or '\t' or '\r' or ',' or '\uFEFF'))
                return;
        }
    }

    private GraphQlToken Number(int line, int column)
    {
        var start = _at;
        if (text[_at] == '-')
            _at++;
        var digits = _at;
        Digits();
        if (digits == _at)
            throw Wrong($"Invalid number, expected digit but got: {(_at < text.Length ? TermText.Quote(text[_at].ToString()) : "<EOF>")}.", line, column);

        var isFloat = false;
        if (_at < text.Length && text[_at] == '.')
        {
            isFloat = true;
            _at++;
            Digits();
        }

        if (_at < text.Length && text[_at] is 'e' or 'E')
        {
            isFloat = true;
            _at++;
            if (_at < text.Length && text[_at] is '+' or '-')
                _at++;
            Digits();
        }

        return new GraphQlToken(isFloat ? GraphQlTokenKind.Float : GraphQlTokenKind.Int, text[start.._at], line, column);

        void Digits()
        {
            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                _at++;
        }
    }

    private string Quoted(int line, int column)
    {
        var start = ++_at;
        while (_at < text.Length && text[_at] is not ('"' or '\n'))
            _at += text[_at] == '\\' ? 2 : 1;
        if (_at >= text.Length || text[_at] == '\n')
            throw Wrong("Unterminated string.", line, column);

        try
        {
            return JsonEscapes.Decode(text.AsSpan(start, _at++ - start));
        }
        catch (FormatException e)
        {
            throw Wrong("Invalid character escape sequence: " + e.Message, line, column);
        }
    }

    // Section 2.9.4: common indentation and blank lines at both ends are no part of the value.
    private string Block(int line, int column)
    {
        _at += 3;
        var raw = new StringBuilder();
        while (string.CompareOrdinal(text, _at, "\"\"\"", 0, 3) != 0)
        {
            if (_at >= text.Length)
                throw Wrong("Unexpected <Invalid>", line + raw.ToString().AsSpan().Count('\r'), 1);
            if (string.CompareOrdinal(text, _at, "\\\"\"\"", 0, 4) == 0)
            {
                raw.Append("\"\"\"");
                _at += 4;
                continue;
            }

            if (text[_at] == '\n')
                (_line, _lineStart) = (_line + 1, _at + 1);
            raw.Append(text[_at++]);
        }

        _at += 3;
        var lines = raw.ToString().Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n').ToList();
        var indents = lines.Skip(1).Where(one => one.Trim(' ', '\t').Length > 0).Select(one => one.Length - one.TrimStart(' ', '\t').Length).ToList();
        var common = indents.Count == 0 ? 0 : indents.Min();
        for (var i = 1; i < lines.Count; i++)
            lines[i] = lines[i].Length >= common ? lines[i][common..] : "";
        while (lines.Count > 0 && lines[0].Trim(' ', '\t').Length == 0)
            lines.RemoveAt(0);
        while (lines.Count > 0 && lines[^1].Trim(' ', '\t').Length == 0)
            lines.RemoveAt(lines.Count - 1);

        return string.Join('\n', lines);
    }
}
