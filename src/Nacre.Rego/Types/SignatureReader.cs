namespace Nacre.Rego.Types;

/// <summary>Reads <c>name(x: type, y: type) => z: type</c>.</summary>
internal sealed class SignatureReader(string text)
{
    private int _at;

    public FunctionType Read()
    {
        _at = text.IndexOf('(', StringComparison.Ordinal) + 1;
        var types = new List<RegoType>();
        var names = new List<string?>();
        while (!Take(")"))
        {
            Take(", ");
            AddNamed(types, names);
        }

        Take(" => ");
        AddNamed(types, names);
        return new FunctionType([.. types[..^1]], types[^1], [.. names]);
    }

    private void AddNamed(List<RegoType> types, List<string?> names)
    {
        var end = _at + text.AsSpan(_at).IndexOfAny("<[,):");
        var isNamed = end >= _at && text[end] == ':';
        names.Add(isNamed ? text[_at..end] : null);
        if (isNamed)
            _at = end + 2;
        types.Add(ReadType());
    }

    private RegoType ReadType() => Word() switch
    {
        "null" => RegoType.Null,
        "boolean" => RegoType.Boolean,
        "number" => RegoType.Number,
        "string" => RegoType.String,
        "any" => AnyType.Of(ReadList(ReadType)),
        "array" => ArrayType.Of([.. ReadList(ReadType)], ReadRest(ReadType)),
        "set" => SetType.Of(ReadRest(ReadType)),
        "object" => ObjectType.Of(ReadList(ReadMember), ReadOthers()),
        var word => throw new FormatException($"builtins.txt: `{word}` is no type: {text}"),
    };

    private (RegoValue Key, RegoType? Value) ReadMember()
    {
        var key = new RegoString(Word());
        Take(": ");
        return (key, ReadType());
    }

    private (RegoType? Key, RegoType? Value)? ReadOthers()
    {
        if (!Take("["))
            return null;

        var key = ReadType();
        Take(": ");
        var value = ReadType();
        Take("]");
        return (key, value);
    }

    private RegoType? ReadRest(Func<RegoType> read)
    {
        if (!Take("["))
            return null;

        var rest = read();
        Take("]");
        return rest;
    }

    private List<T> ReadList<T>(Func<T> read)
    {
        var items = new List<T>();
        if (!Take("<"))
            return items;

        do
            items.Add(read());
        while (Take(", "));
        Take(">");
        return items;
    }

    private string Word()
    {
        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_'))
            _at++;

        return text[start.._at];
    }

    private bool Take(string expected)
    {
        if (!text.AsSpan(_at).StartsWith(expected, StringComparison.Ordinal))
            return false;

        _at += expected.Length;
        return true;
    }
}
