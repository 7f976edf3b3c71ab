namespace Nacre.Rego.Syntax;

/// <summary>A source with its line starts, so that a place is two offsets.</summary>
internal sealed class SourceText
{
    private int[]? _lineStarts;

    public SourceText(string name, string text, RegoSyntax syntax = RegoSyntax.V1) => (Name, Text, Syntax) = (name, text, syntax);

    public RegoSyntax Syntax { get; }

    public string Name { get; }

    public string Text { get; }

    public (int Line, int Column) Position(int offset)
    {
        _lineStarts ??= [0, .. Text.Index().Where(c => c.Item == '\n').Select(c => c.Index + 1)];
        var line = Array.BinarySearch(_lineStarts, offset);
        if (line < 0)
            line = ~line - 1;

        return (line + 1, offset - _lineStarts[line] + 1);
    }

    public string LineAt(int offset)
    {
        offset = Math.Min(offset, Text.Length);
        var start = offset == 0 ? 0 : Text.LastIndexOf('\n', offset - 1) + 1;
        var end = Text.IndexOf('\n', offset);
        return Text[start..(end < 0 ? Text.Length : end)].Trim();
    }
}

/// <summary>A stretch of a source.</summary>
internal readonly record struct Place(SourceText Source, int Start, int End)
{
    public int Line => Source.Position(Start).Line;

    public int Column => Source.Position(Start).Column;

    public string Text => Source.Text[Start..Math.Min(End, Source.Text.Length)];

    public Place To(Place last) => this with { End = last.End };

    public RegoError Error(string code, string message)
    {
        var (line, column) = Source.Position(Start);
        return new RegoError(code, Source.Name, line, column, Source.LineAt(Start), message);
    }
}
