using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

internal sealed partial class Planner
{
    /// <param name="head">What is looked into.</param>
    /// <param name="path">Operands, all of them bound.</param>
    /// <param name="bound">Variables that are bound.</param>
    /// <param name="isWhole">The result is used as a value, so a place in data has to become a document.</param>
    private ValueExpr CompileRef(Term head, List<Term> path, HashSet<Variable> bound, bool isWhole)
    {
        if (head is not RootTerm root)
            return Lookups(Compile(head, bound), path, 0, bound);

        if (!root.IsInput)
            return CompileData(path, bound, isWhole);

        var constant = path.TakeWhile(operand => operand is ScalarTerm).Select(operand => ((ScalarTerm)operand).Value).ToArray();
        return Lookups(new InputExpr(constant), path, constant.Length, bound);
    }

    private ValueExpr CompileData(List<Term> path, HashSet<Variable> bound, bool isWhole)
    {
        var node = tree;
        var at = 0;
        for (; at < path.Count && path[at] is ScalarTerm { Value: var key }; at++)
        {
            if (!node.Children.TryGetValue(key, out var child))
            {
                var constant = path.TakeWhile(operand => operand is ScalarTerm).Select(operand => ((ScalarTerm)operand).Value).ToArray();
                return Lookups(new BaseDataExpr(constant), path, constant.Length, bound);
            }

            node = child;
            if (node.Group is { } group)
            {
                if (group.Kind == RuleKind.Function)
                    return new BaseDataExpr(group.Path);
                Dependencies.Add(group);
                return group.Kind is RuleKind.Object or RuleKind.Set && at + 1 < path.Count
                    ? Lookups(new MemberExpr(group, Compile(path[at + 1], bound)), path, at + 2, bound)
                    : Lookups(new RuleExpr(group), path, at + 1, bound);
            }
        }

        AddBelow(node, path, at);
        var source = Lookups(new CursorExpr(node), path, at, bound);
        return isWhole ? new DocumentExpr(source) : source;
    }

    private ValueExpr Lookups(ValueExpr source, List<Term> path, int from, HashSet<Variable> bound)
    {
        for (var i = from; i < path.Count; i++)
            source = new LookupExpr(source, Compile(path[i], bound));

        return source;
    }

    /// <summary>The rules that a reference into <c>data</c> may ask for.</summary>
    public IEnumerable<RuleGroup> GroupsAt(RefTerm path)
    {
        if (path.Head is not RootTerm { IsInput: false })
            return [];

        var node = tree;
        foreach (var operand in path.Path)
        {
            if (operand is not ScalarTerm { Value: var key } || !node.Children.TryGetValue(key, out var child))
                break;
            node = child;
            if (node.Group is not null)
                return [node.Group];
        }

        return [];
    }

    // Which of them it will be is known only when it runs.
    private void AddBelow(TreeNode node, List<Term> path, int at)
    {
        if (node.Group is { } group)
        {
            if (group.Kind != RuleKind.Function)
                Dependencies.Add(group);
            return;
        }

        if (at < path.Count && path[at] is ScalarTerm { Value: var key })
        {
            if (node.Children.TryGetValue(key, out var only))
                AddBelow(only, path, at + 1);
            return;
        }

        foreach (var child in node.Children.Values)
            AddBelow(child, path, at + 1);
    }
}
