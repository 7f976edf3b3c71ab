using System.Text;
using Nacre.Rego.Json;

namespace Nacre.Rego.Syntax;

/// <summary>Source to tokens. Keywords are identifiers here: which are reserved depends on the imports.</summary>
internal sealed class Lexer(SourceText source)
{
    private const int MaxTemplateDepth = 32;

    private static readonly string[] s_symbols = [":=", "==", "!=", "<=", ">="];

    private readonly string _text = source.Text;
    private readonly List<Comment> _comments = [];
    private int _at;
    private int _templateDepth;

    public static (List<Token> Tokens, List<Comment> Comments) Read(SourceText source)
    {
        var lexer = new Lexer(source);
        return (lexer.ReadUntil(closingBrace: false), lexer._comments);
    }

    private List<Token> ReadUntil(bool closingBrace)
    {
        var tokens = new List<Token>();
        var depth = 0;
        while (true)
        {
            var token = Next();
            if (token.Kind == TokenKind.End && closingBrace)
                throw Wrong(token.Start, "non-terminated template expression");

            depth += token.Is("{") ? 1 : token.Is("}") ? -1 : 0;
            if (token.Kind == TokenKind.End || (closingBrace && depth < 0))
            {
                tokens.Add(token with { Kind = TokenKind.End });
                return tokens;
            }

            tokens.Add(token);
        }
    }

    private Token Next()
    {
        var (space, newline) = SkipSpace();
        var start = _at;
        if (_at == _text.Length)
            return new Token(TokenKind.End, "", start, start, space, AfterNewline: true);

        var c = _text[_at];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '_'))
                _at++;
            return Made(TokenKind.Identifier, _text[start.._at]);
        }

        if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1])))
            return Made(TokenKind.Number, ReadNumber());
        if (c == '"')
            return Made(TokenKind.String, ReadString());
        if (c == '`')
            return Made(TokenKind.String, ReadRaw());
        if (c == '$' && _at + 1 < _text.Length && _text[_at + 1] is '"' or '`')
        {
            _at++;
            var parts = ReadTemplate(_text[_at]);
            return new Token(TokenKind.Template, "", start, _at, space, newline, parts);
        }

        foreach (var symbol in s_symbols)
            if (string.CompareOrdinal(_text, _at, symbol, 0, symbol.Length) == 0)
            {
                _at += symbol.Length;
                return Made(TokenKind.Symbol, symbol);
            }

        if (!"=<>+-*/%&|;,.:{}[]()".Contains(c))
            throw Wrong(_at, $"illegal token: unexpected character '{c}'");

        _at++;
        return Made(TokenKind.Symbol, _text[start.._at]);

        Token Made(TokenKind kind, string text) => new(kind, text, start, _at, space, newline);
    }

    private (bool Space, bool Newline) SkipSpace()
    {
        var start = _at;
        var newline = _at == 0;
        while (_at < _text.Length)
        {
            if (_text[_at] == '#')
            {
                var end = _text.IndexOf('\n', _at);
                end = end < 0 ? _text.Length : end;
                _comments.Add(new Comment(_at, end, _text[_at..end].TrimEnd('\r')));
                _at = end;
            }
            else if (_text[_at] is ' ' or '\t' or '\r' or '\n')
                newline |= _text[_at++] == '\n';
            else if (_text[_at] == '\uFEFF' && _at == 0)
                _at++;
            else
                break;
        }

        return (_at > start, newline);
    }

    private string ReadNumber()
    {
        var start = _at;
        if (_text[_at] == '0' && _at + 1 < _text.Length && char.IsAsciiLetterOrDigit(_text[_at + 1]) && _text[_at + 1] is not ('e' or 'E'))
            throw Wrong(_at, "illegal number format: leading zeros, hexadecimal and octal numbers are not allowed");

        Digits();
        if (_at < _text.Length && _text[_at] == '.')
        {
            _at++;
            Digits();
            if (!char.IsAsciiDigit(_text[_at - 1]))
                throw Wrong(start, "illegal number format: expected decimal digit after the point");
        }

        if (_at < _text.Length && _text[_at] is 'e' or 'E')
        {
            _at++;
            if (_at < _text.Length && _text[_at] is '+' or '-')
                _at++;
            var digits = _at;
            Digits();
            if (digits == _at)
                throw Wrong(start, "illegal number format: expected exponent");
        }

        if (_at < _text.Length && (char.IsAsciiLetter(_text[_at]) || _text[_at] == '_'))
            throw Wrong(start, "illegal number format: expected number to be followed by non-word character");

        return _text[start] == '.' ? "0" + _text[start.._at] : _text[start.._at];

        void Digits()
        {
            while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
                _at++;
        }
    }

    private string ReadString()
    {
        var start = ++_at;
        while (_at < _text.Length && _text[_at] != '"' && _text[_at] != '\n')
            _at += _text[_at] == '\\' ? 2 : 1;

        if (_at >= _text.Length || _text[_at] == '\n')
            throw Wrong(start - 1, "non-terminated string");

        return Decode(start, _text[start.._at++]);
    }

    private string ReadRaw()
    {
        var end = _text.IndexOf('`', _at + 1);
        if (end < 0)
            throw Wrong(_at, "non-terminated string");

        var text = _text[(_at + 1)..end];
        _at = end + 1;
        return text;
    }

    private List<TemplatePiece> ReadTemplate(char quote)
    {
        if (++_templateDepth > MaxTemplateDepth)
            throw new RegoException(new Place(source, _at, _at).Error(RegoErrorCode.LimitNesting, $"template strings nested deeper than {MaxTemplateDepth}"));

        var pieces = new List<TemplatePiece>();
        var literal = new StringBuilder();
        var start = ++_at;
        while (true)
        {
            if (_at >= _text.Length || (quote == '"' && _text[_at] == '\n'))
                throw Wrong(start - 1, "non-terminated string");

            var c = _text[_at];
            if (c == '\\' && _at + 1 < _text.Length && (quote == '"' || _text[_at + 1] == '{'))
            {
                // A brace stands for itself; raw templates have no other escape.
                var isBrace = _text[_at + 1] is '{' or '}';
                literal.Append(isBrace ? _text[_at + 1].ToString() : _text.AsSpan(_at, 2));
                _at += 2;
                continue;
            }

            if (c != quote && c != '{')
            {
                literal.Append(c);
                _at++;
                continue;
            }

            if (literal.Length > 0)
                pieces.Add(new TemplatePiece(quote == '"' ? Decode(start, literal.ToString()) : literal.ToString(), Tokens: null));
            literal.Clear();
            _at++;
            if (c == quote)
            {
                _templateDepth--;
                return pieces;
            }

            pieces.Add(new TemplatePiece(Text: null, ReadUntil(closingBrace: true)));
        }
    }

    private string Decode(int start, string text)
    {
        try
        {
            return JsonEscapes.Decode(text);
        }
        catch (FormatException e)
        {
            throw Wrong(start, "illegal string escape: " + e.Message);
        }
    }

    private RegoException Wrong(int at, string message) => new(new Place(source, at, at + 1).Error(RegoErrorCode.Parse, message));
}
