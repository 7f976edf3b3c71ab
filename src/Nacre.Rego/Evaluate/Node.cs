namespace Nacre.Rego.Evaluate;

/// <summary>
/// A body compiled: a chain of nodes, each of which runs the next one once for every solution it finds. Returns true to stop the search.
/// </summary>
internal abstract class Node
{
    public abstract bool Run(Evaluation e);
}

/// <summary>An expression with at most one solution: it holds or it does not, and may set slots.</summary>
internal abstract class Check
{
    public abstract bool Test(Evaluation e);
}

/// <summary>Checks in a row, in a loop and not nested, so that long bodies need no deep stack.</summary>
internal sealed class ChecksNode(Check[] checks, Node next) : Node
{
    public override bool Run(Evaluation e)
    {
        foreach (var check in checks)
            if (!check.Test(e))
                return false;

        return next.Run(e);
    }
}

/// <summary>End of a body of which only the truth is asked.</summary>
internal sealed class StopNode : Node
{
    public static readonly StopNode Instance = new();

    public override bool Run(Evaluation e) => true;
}

/// <summary>End of a rule with one value: the first solution sets it, another with a different value is a conflict.</summary>
internal sealed class ValueNode(ValueExpr value, bool isSameForAll, string conflict, Syntax.Place place) : Node
{
    public override bool Run(Evaluation e)
    {
        if (value.Eval(e) is not { } result)
            return false;
        if (e.Result is null)
            e.Result = result;
        else if (!e.Result.Equals(result))
            throw new RegoException(place.Error(RegoErrorCode.Conflict, conflict));

        return isSameForAll;
    }
}

internal sealed class AddToArrayNode(ValueExpr value) : Node
{
    public override bool Run(Evaluation e)
    {
        if (value.Eval(e) is { } item)
        {
            ((List<RegoValue>)e.Collected!).Add(item);
            e.Charge(1);
        }

        return false;
    }
}

internal sealed class AddToSetNode(ValueExpr value) : Node
{
    public override bool Run(Evaluation e)
    {
        if (value.Eval(e) is { } item && ((HashSet<RegoValue>)e.Collected!).Add(item))
            e.Charge(2);

        return false;
    }
}

internal sealed class AddToObjectNode(ValueExpr key, ValueExpr value) : Node
{
    public override bool Run(Evaluation e)
    {
        if (key.Eval(e) is { } k && value.Eval(e) is { } v)
        {
            ((ObjectCollector)e.Collected!).Add(k, v);
            e.Charge(3);
        }

        return false;
    }
}

/// <summary>End of a partial rule: puts a value, or an element of a set, below a path of keys.</summary>
internal sealed class AddToDocumentNode(ValueExpr[] path, ValueExpr leaf, bool isSetElement) : Node
{
    public override bool Run(Evaluation e)
    {
        var keys = new RegoValue[path.Length];
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i].Eval(e) is not { } key)
                return false;
            keys[i] = key;
        }

        if (leaf.Eval(e) is { } value)
        {
            ((DocumentCollector)e.Collected!).Add(keys, value, isSetElement);
            e.Charge(3);
        }

        return false;
    }
}

/// <summary>End of a query: records the values of its expressions and variables.</summary>
internal sealed class SolutionNode(ValueExpr?[] expressions, (string Name, ValueExpr Value)[] variables, bool mustBeTrue) : Node
{
    public override bool Run(Evaluation e)
    {
        var values = new RegoValue[expressions.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = expressions[i]?.Eval(e) is { } value ? value : RegoBool.True;
            if (mustBeTrue && !values[i].IsTrue)
                return false;
        }

        var bindings = new KeyValuePair<string, RegoValue>[variables.Length];
        for (var i = 0; i < bindings.Length; i++)
        {
            if (variables[i].Value.Eval(e) is not { } value)
                return false;
            bindings[i] = new(variables[i].Name, value);
        }

        e.Charge(4 + values.Length + bindings.Length);
        e.Solutions!.Add(new RegoBinding(values, bindings));
        return e.IsFirstSolutionEnough;
    }
}
