namespace Nacre.Rego.Evaluate;

/// <summary>Goes through a collection; for each element that fits runs the rest of the body.</summary>
internal sealed class ScanNode(ValueExpr source, Pattern key, Pattern value, Node next) : Node
{
    public override bool Run(Evaluation e)
    {
        if (source.Eval(e) is not { } collection)
            return false;

        var elements = new Elements(e, collection);
        while (elements.Next(out var k, out var v))
        {
            e.Step();
            if (key.Match(e, k) && value.Match(e, v) && next.Run(e))
                return true;
        }

        return false;
    }
}

/// <summary>A builtin with many results, of which <c>walk</c> is the only one.</summary>
internal sealed class WalkNode(ValueExpr source, Pattern output, bool needsPath, Node next) : Node
{
    public override bool Run(Evaluation e) =>
        source.Eval(e) is { } value && Visit(e, e.Document(value), needsPath ? [] : null);

    private bool Visit(Evaluation e, RegoValue value, List<RegoValue>? path)
    {
        e.Step();
        var at = path is null ? RegoArray.Empty : new RegoArray([.. path]);
        e.Charge(2 + at.Count);
        if (output.Match(e, new RegoArray([at, value])) && next.Run(e))
            return true;

        var elements = new Elements(e, value);
        while (elements.Next(out var key, out var item))
        {
            path?.Add(key);
            if (Visit(e, item, path))
                return true;
            path?.RemoveAt(path.Count - 1);
        }

        return false;
    }
}

/// <summary>Keys and values of any collection: indices of arrays, elements of sets as both.</summary>
internal ref struct Elements
{
    private readonly ReadOnlySpan<RegoValue> _keys;
    private readonly ReadOnlySpan<RegoValue> _values;
    private readonly Evaluation _evaluation;
    private readonly DataCursor? _cursor;
    private readonly bool _isArray;
    private int _at;

    public Elements(Evaluation evaluation, RegoValue collection)
    {
        _evaluation = evaluation;
        IsCollection = true;
        switch (collection)
        {
            case RegoArray array:
                _values = array.Span;
                _isArray = true;
                break;
            case RegoObject members:
                _keys = members.KeySpan;
                _values = members.ValueSpan;
                break;
            case RegoSet set:
                _keys = _values = set.Span;
                break;
            case DataCursor cursor:
                _cursor = cursor;
                _keys = cursor.Keys(evaluation);
                break;
            default:
                IsCollection = false;
                break;
        }
    }

    public bool IsCollection { get; }

    public bool Next(out RegoValue key, out RegoValue value)
    {
        while (_at < (_cursor is null ? _values.Length : _keys.Length))
        {
            var at = _at++;
            if (_cursor is not null)
            {
                key = _keys[at];
                if (_cursor.Child(_evaluation, key) is not { } child)
                    continue;
                value = child;
                return true;
            }

            value = _values[at];
            key = _isArray ? RegoNumber.From(at) : _keys[at];
            return true;
        }

        key = value = RegoNull.Value;
        return false;
    }
}
