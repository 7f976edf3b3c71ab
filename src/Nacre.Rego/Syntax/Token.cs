namespace Nacre.Rego.Syntax;

internal enum TokenKind
{
    End,
    Identifier,
    Number,
    String,
    Template,

    /// <summary>Punctuation and operators; told apart by their text.</summary>
    Symbol,
}

/// <param name="Kind">What it is.</param>
/// <param name="Text">Identifier, symbol or number as written; a string decoded.</param>
/// <param name="Start">Offset in the source.</param>
/// <param name="End">Offset behind it.</param>
/// <param name="AfterSpace">White space or a comment stands before it.</param>
/// <param name="AfterNewline">It is the first on its line.</param>
/// <param name="Parts">Of a template: its pieces.</param>
internal readonly record struct Token(
    TokenKind Kind, string Text, int Start, int End, bool AfterSpace, bool AfterNewline, List<TemplatePiece>? Parts = null)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end of the text",
        TokenKind.String or TokenKind.Template => "a string",
        _ => "`" + Text + "`",
    };
}

/// <summary>Either literal text, or the tokens of an expression in braces.</summary>
internal sealed record TemplatePiece(string? Text, List<Token>? Tokens);

/// <summary>A comment with the <c>#</c>; annotations are written in them.</summary>
internal readonly record struct Comment(int Start, int End, string Text);
