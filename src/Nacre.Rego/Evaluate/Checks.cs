namespace Nacre.Rego.Evaluate;

internal sealed class TruthCheck(ValueExpr value) : Check
{
    public override bool Test(Evaluation e) => value.Eval(e) is { IsTrue: true };
}

/// <summary>Holds if the value is defined, whatever it is.</summary>
internal sealed class DefinedCheck(ValueExpr value, int slot) : Check
{
    public override bool Test(Evaluation e)
    {
        if (value.Eval(e) is not { } result)
            return false;
        e.Stack[e.Base + slot] = result;
        return true;
    }
}

internal sealed class EqualCheck(ValueExpr left, ValueExpr right) : Check
{
    public override bool Test(Evaluation e) => left.Eval(e) is { } l && right.Eval(e) is { } r && l.Equals(r);
}

internal sealed class MatchCheck(ValueExpr value, Pattern pattern) : Check
{
    public override bool Test(Evaluation e) => value.Eval(e) is { } result && pattern.Match(e, result);
}

internal sealed class NotCheck(Node body) : Check
{
    public override bool Test(Evaluation e)
    {
        e.EnterBody();
        var found = body.Run(e);
        e.LeaveBody();
        return !found;
    }
}

internal sealed class EveryCheck(ValueExpr domain, int keySlot, int valueSlot, Node body) : Check
{
    public override bool Test(Evaluation e)
    {
        if (domain.Eval(e) is not { } collection)
            return false;

        e.EnterBody();
        var all = true;
        var items = new Elements(e, e.Document(collection));
        if (!items.IsCollection)
            all = false;
        while (all && items.Next(out var key, out var value))
        {
            e.Step();
            if (keySlot >= 0)
                e.Stack[e.Base + keySlot] = key;
            e.Stack[e.Base + valueSlot] = value;
            all = body.Run(e);
        }

        e.LeaveBody();
        return all;
    }
}

/// <summary>Evaluates an inner check with part of the documents or functions replaced.</summary>
internal sealed class WithCheck(WithScope scope, Node body) : Check
{
    public override bool Test(Evaluation e)
    {
        if (scope.Enter(e) is not { } outer)
            return false;
        var found = body.Run(e);
        WithScope.Leave(e, outer);
        return found;
    }
}

internal sealed class PrintCheck(Node[] bodies, int[] slots, Syntax.Place place) : Check
{
    public override bool Test(Evaluation e)
    {
        if (e.Print is not { } print)
            return true;

        var values = new RegoValue?[bodies.Length];
        for (var i = 0; i < bodies.Length; i++)
            values[i] = bodies[i].Run(e) ? e.Stack[e.Base + slots[i]] : null;
        print(place, values);
        return true;
    }
}
