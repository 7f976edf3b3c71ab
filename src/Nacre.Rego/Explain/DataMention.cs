using Nacre.Rego.Syntax;

namespace Nacre.Rego.Explain;

/// <summary>
/// Whether a text may look at a member of <c>data</c>. Read off the tokens, so that no form of the language is overlooked; what is not
/// certainly another member counts as this one, such as <c>data[x]</c> or <c>data</c> as a whole.
/// </summary>
internal static class DataMention
{
    public static bool IsIn(SourceText source, string member) => IsIn(Lexer.Read(source).Tokens, member);

    private static bool IsIn(List<Token> tokens, string member)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Parts is { } parts && parts.Exists(part => part.Tokens is { } within && IsIn(within, member)))
                return true;
            if (tokens[i] is { Kind: TokenKind.Identifier, Text: "data" } && !(i > 0 && tokens[i - 1].Is("."))
                && Operand(tokens, i + 1) is var name && (name is null || name == member))
                return true;
        }

        return false;
    }

    // `.name` or `["name"]`; null for anything else.
    private static string? Operand(List<Token> tokens, int at) => tokens[at..Math.Min(at + 3, tokens.Count)] switch
    {
        [var dot, { Kind: TokenKind.Identifier, Text: var name }, ..] when dot.Is(".") => name,
        [var open, { Kind: TokenKind.String, Text: var name }, var close] when open.Is("[") && close.Is("]") => name,
        _ => null,
    };
}
