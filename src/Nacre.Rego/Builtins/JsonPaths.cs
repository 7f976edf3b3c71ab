
namespace Nacre.Rego.Builtins;

/// <summary>Paths in the form of RFC 6901, or as arrays of keys, for <c>json.filter</c> and <c>json.remove</c>.</summary>
internal static class JsonPaths
{
    private sealed class Branch
    {
        public Dictionary<RegoValue, Branch> Below { get; } = [];

        public bool IsEnd { get; set; }
    }

    public static RegoValue[] Parse(string path)
    {
        var trimmed = path.TrimStart('/');
        return [.. trimmed.Split('/').Select(part => new RegoString(
            part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))];
    }

    public static RegoValue Filter(BuiltinCall call, RegoObject document, List<RegoValue[]> paths) =>
        Keep(call, document, Tree(paths)) ?? RegoObject.Empty;

    public static RegoValue Remove(BuiltinCall call, RegoObject document, List<RegoValue[]> paths) => Drop(call, document, Tree(paths));

    private static Branch Tree(List<RegoValue[]> paths)
    {
        var root = new Branch();
        foreach (var path in paths)
        {
            var branch = root;
            foreach (var key in path)
            {
                if (!branch.Below.TryGetValue(key, out var next))
                    branch.Below.Add(key, next = new Branch());
                branch = next;
            }

            branch.IsEnd = true;
        }

        return root;
    }

    // The key at an index of an array may be written as text.
    private static Branch? Find(Branch branch, RegoValue key)
    {
        if (branch.Below.TryGetValue(key, out var found))
            return found;

        return key is RegoNumber number && branch.Below.TryGetValue(new RegoString(number.Text), out found) ? found : null;
    }

    private static RegoValue? Keep(BuiltinCall call, RegoValue value, Branch branch)
    {
        call.Evaluation.Step();
        if (branch.IsEnd && branch.Below.Count == 0)
            return value;

        switch (value)
        {
            case RegoObject members:
                var kept = new Dictionary<RegoValue, RegoValue>();
                for (var i = 0; i < members.Count; i++)
                    if (Find(branch, members.KeySpan[i]) is { } below && Keep(call, members.ValueSpan[i], below) is { } member)
                        kept.Add(members.KeySpan[i], member);
                return RegoObject.FromDistinct(kept);
            case RegoArray array:
                var items = new List<RegoValue>();
                for (var i = 0; i < array.Count; i++)
                    if (Find(branch, RegoNumber.From(i)) is { } below && Keep(call, array[i], below) is { } item)
                        items.Add(item);
                return RegoArray.From(items);
            case RegoSet set:
                return RegoSet.From(set.Items.Select(item => Find(branch, item) is { } below ? Keep(call, item, below) : null).OfType<RegoValue>());
            default:
                return branch.IsEnd ? value : null;
        }
    }

    private static RegoValue Drop(BuiltinCall call, RegoValue value, Branch branch)
    {
        call.Evaluation.Step();
        switch (value)
        {
            case RegoObject members:
                var kept = new Dictionary<RegoValue, RegoValue>();
                for (var i = 0; i < members.Count; i++)
                {
                    var below = Find(branch, members.KeySpan[i]);
                    if (below is null)
                        kept.Add(members.KeySpan[i], members.ValueSpan[i]);
                    else if (!below.IsEnd)
                        kept.Add(members.KeySpan[i], Drop(call, members.ValueSpan[i], below));
                }

                return RegoObject.FromDistinct(kept);
            case RegoArray array:
                var items = new List<RegoValue>();
                for (var i = 0; i < array.Count; i++)
                {
                    var below = Find(branch, RegoNumber.From(i));
                    if (below is not { IsEnd: true })
                        items.Add(below is null ? array[i] : Drop(call, array[i], below));
                }

                return RegoArray.From(items);
            case RegoSet set:
                return RegoSet.From(set.Items
                    .Where(item => Find(branch, item) is not { IsEnd: true })
                    .Select(item => Find(branch, item) is { } below ? Drop(call, item, below) : item));
            default:
                return value;
        }
    }
}
