namespace Nacre.Rego.Builtins;

internal static class Graphs
{
    public static readonly Builtin[] List =
    [
        new("graph.reachable", 2, Reachable) { Types = "o?" },
        new("graph.reachable_paths", 2, ReachablePaths) { Types = "o?" },

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
                Follow(call, graph, start, [], [], found);

        return RegoSet.FromDistinct(found);
    }

    private static void Follow(BuiltinCall call, RegoObject graph, RegoValue node, List<RegoValue> path, HashSet<RegoValue> onPath, HashSet<RegoValue> found)
    {
        call.Evaluation.Step();
        call.Evaluation.Charge(path.Count);
        call.Evaluation.EnterBody();
        path.Add(node);
        onPath.Add(node);
        var edges = Edges(graph.Find(node)!);
        var isEnd = edges.Count == 0;
        foreach (var next in edges)
            // A node that the graph does not have, or that is on the path already, ends it and is no part of it.
            if (onPath.Contains(next) || graph.Find(next) is null)
                isEnd = true;
            else
                Follow(call, graph, next, path, onPath, found);

        if (isEnd)
            found.Add(new RegoArray([.. path]));
        path.RemoveAt(path.Count - 1);
        onPath.Remove(node);
        call.Evaluation.LeaveBody();
    }

    private static IReadOnlyList<RegoValue> Edges(RegoValue value) => value switch
    {
        RegoArray array => array.Items,
        RegoSet set => set.Items,
        _ => [],
    };
}
