using System.Globalization;

namespace Nacre.Rego.Builtins;

/// <summary>RFC 6902, over sets too: there the key is the element. What cannot be applied leaves the result undefined.</summary>
internal static class JsonPatch
{
    private sealed class DoesNotApplyException : Exception;

    public static RegoValue? Apply(BuiltinCall call, RegoValue document, RegoArray operations)
    {
        try
        {
            foreach (var operation in operations.Span)
            {
                call.Evaluation.Step();
                document = Apply(document, operation as RegoObject ?? throw Operands.WrongElement(1, operations, operation, "object"));
            }

            return document;
        }
        catch (Exception e) when (e is DoesNotApplyException or RegoBuiltinException)
        {
            // OPA tells no one what was wrong with the operations.
            return null;
        }
    }

    private static RegoValue Apply(RegoValue document, RegoObject operation)
    {
        var op = Text(operation, "op");
        var path = Path(operation, "path");
        switch (op)
        {
            case "add":
                return Put(document, path, Member(operation, "value"), replace: false);
            case "remove":
                return Remove(document, path);
            case "replace":
                return Put(document, path, Member(operation, "value"), replace: true);
            case "move":
                var from = Path(operation, "from");
                var moved = Get(document, from);
                return Put(Remove(document, from), path, moved, replace: false);
            case "copy":
                return Put(document, path, Get(document, Path(operation, "from")), replace: false);
            case "test":
                return Get(document, path).Equals(Member(operation, "value")) ? document : throw new DoesNotApplyException();
            default:
                throw new RegoBuiltinException($"unrecognized op '{op}'");
        }
    }

    private static RegoValue Member(RegoObject operation, string name) =>
        operation[name] ?? throw new RegoBuiltinException($"missing '{name}' attribute");

    private static string Text(RegoObject operation, string name) =>
        Member(operation, name) is RegoString text ? text.Value : throw new RegoBuiltinException($"attribute '{name}' must be a string");

    private static RegoValue[] Path(RegoObject operation, string name) => Member(operation, name) switch
    {
        RegoString { Value: "" } => [],
        RegoString text => JsonPaths.Parse(text.Value),
        RegoArray keys => [.. keys.Items],
        _ => throw new RegoBuiltinException($"attribute '{name}' must be a string or an array"),
    };

    private static int Index(RegoArray array, RegoValue key, bool allowEnd)
    {
        if (key is RegoString { Value: "-" } && allowEnd)
            return array.Count;

        var index = key switch
        {
            RegoNumber { HasPlainText: true } number when number.TryGetInt32(out var value) => value,
            RegoString { Value: var text } when text is "0" || (!text.StartsWith('0') && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                => int.Parse(text, CultureInfo.InvariantCulture),
            _ => -1,
        };
        return index >= 0 && index < array.Count + (allowEnd ? 1 : 0) ? index : throw new DoesNotApplyException();
    }

    private static RegoValue Get(RegoValue document, ReadOnlySpan<RegoValue> path)
    {
        foreach (var key in path)
            document = document switch
            {
                RegoArray array => array[Index(array, key, allowEnd: false)],
                RegoObject members => members.Find(key) ?? throw new DoesNotApplyException(),
                RegoSet set when set.Contains(key) => key,
                _ => throw new DoesNotApplyException(),
            };

        return document;
    }

    private static RegoValue Put(RegoValue document, ReadOnlySpan<RegoValue> path, RegoValue value, bool replace)
    {
        if (path.IsEmpty)
            return value;

        var (key, isLast) = (path[0], path.Length == 1);
        switch (document)
        {
            case RegoObject members:
                if (!isLast)
                    return members.With(key, Put(Get(members, path[..1]), path[1..], value, replace));
                if (replace && members.Find(key) is null)
                    throw new DoesNotApplyException();
                return members.With(key, value);
            case RegoArray array:
                var index = Index(array, key, allowEnd: isLast && !replace);
                RegoValue[] items = isLast && !replace
                    ? [.. array.Items.Take(index), value, .. array.Items.Skip(index)]
                    : [.. array.Items];
                if (!isLast || replace)
                    items[index] = isLast ? value : Put(items[index], path[1..], value, replace);
                return new RegoArray(items);
            case RegoSet set:
                if (!isLast)
                    return RegoSet.From(set.Items.Where(item => !item.Equals(key)).Append(Put(Get(set, path[..1]), path[1..], value, replace)));
                if (!key.Equals(value) || (replace && !set.Contains(key)))
                    throw new DoesNotApplyException();
                return RegoSet.From(set.Items.Append(value));
            default:
                throw new DoesNotApplyException();
        }
    }

    private static RegoValue Remove(RegoValue document, ReadOnlySpan<RegoValue> path)
    {
        if (path.IsEmpty)
            throw new DoesNotApplyException();

        var (key, isLast) = (path[0], path.Length == 1);
        var below = isLast ? Get(document, path) : Remove(Get(document, path[..1]), path[1..]);
        switch (document)
        {
            case RegoObject members:
                return isLast ? members.Without(key) : members.With(key, below);
            case RegoArray array:
                var index = Index(array, key, allowEnd: false);
                return isLast
                    ? new RegoArray([.. array.Items.Take(index), .. array.Items.Skip(index + 1)])
                    : new RegoArray([.. array.Items.Take(index), below, .. array.Items.Skip(index + 1)]);
            case RegoSet set:
                return isLast
                    ? RegoSet.From(set.Items.Where(item => !item.Equals(key)))
                    : RegoSet.From(set.Items.Where(item => !item.Equals(key)).Append(below));
            default:
                throw new DoesNotApplyException();
        }
    }
}
