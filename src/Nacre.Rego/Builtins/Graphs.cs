namespace Nacre.Rego.Builtins;

internal static class Graphs
{
    public static readonly Builtin[] List =
    [
        new("graph.reachable", 2, Reachable),
        new("graph.reachable_paths", 2, ReachablePaths),

        // The evaluator runs it: it has many results.
        new("walk", 1, (_, _) => null) { IsRelation = true },
    ];

    private static RegoSet Reachable(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var graph = a.Object(0);
        var queue = new Queue<RegoValue>();
        foreach (var node in a.Items(1))
            queue.Enqueue(node);

        var reached = new HashSet<RegoValue>();
        while (queue.TryDequeue(out var node))
        {
            call.Evaluation.Step();
            if (graph.Find(node) is not { } edges || !reached.Add(node))
                continue;
            foreach (var next in Edges(edges))
                if (!reached.Contains(next))
                    queue.Enqueue(next);
        }

        return RegoSet.FromDistinct(reached);
    }

    private static RegoSet ReachablePaths(BuiltinCall call, ReadOnlySpan<RegoValue> a)
    {
        var graph = a.Object(0);
        var found = new HashSet<RegoValue>();
        foreach (var start in a.Items(1))
            if (graph.Find(start) is not null)
            {
                var edges = Edges(graph.Find(start)!);
                if (edges.Count == 0)
                    found.Add(new RegoArray([start]));
                foreach (var next in edges)
                    Follow(call, graph, next, [start], [start], found);
            }

        return RegoSet.FromDistinct(found);
    }

    // A node once reached ends every later path that comes to it, as in OPA: not all simple paths are found.
    private static void Follow(BuiltinCall call, RegoObject graph, RegoValue node, List<RegoValue> path, HashSet<RegoValue> reached, HashSet<RegoValue> found)
    {
        call.Evaluation.Step();
        call.Evaluation.Charge(path.Count);
        call.Evaluation.EnterBody();
        if (graph.Find(node) is not { } value)
            found.Add(new RegoArray([.. path]));
        else
        {
            path.Add(node);
            reached.Add(node);
            var edges = Edges(value);
            if (edges.Count == 0)
                found.Add(new RegoArray([.. path]));
            foreach (var next in edges)
                if (reached.Contains(next))
                    found.Add(new RegoArray([.. path]));
                else
                    Follow(call, graph, next, path, reached, found);
            path.RemoveAt(path.Count - 1);
        }

        call.Evaluation.LeaveBody();
    }

    private static IReadOnlyList<RegoValue> Edges(RegoValue value) => value switch
    {
        RegoArray array => array.Items,
        RegoSet set => set.Items,
        _ => [],
    };
}
