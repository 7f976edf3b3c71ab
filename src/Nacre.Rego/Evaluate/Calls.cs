using Nacre.Rego.Builtins;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Evaluate;

/// <summary>A call of a builtin. The arguments lie side by side in the frame, so that a call allocates nothing.</summary>
internal sealed class BuiltinExpr(Builtin builtin, ValueExpr[] arguments, int firstSlot, Place place) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Eval(e) is not { } value)
                return null;
            e.Stack[e.Base + firstSlot + i] = value;
        }

        if (e.Mocks is not null && e.Mocks.TryGetValue(builtin.Name, out var mock))
            return mock.Call(e, firstSlot, arguments.Length, place);

        return e.Invoke(builtin, firstSlot, arguments.Length, place);
    }
}

internal sealed class FunctionExpr(RuleGroup function, ValueExpr[] arguments, int firstSlot, Place place) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Eval(e) is not { } value)
                return null;
            e.Stack[e.Base + firstSlot + i] = value;
        }

        if (e.Mocks is not null && e.Mocks.TryGetValue(function.Name, out var mock))
            return mock.Call(e, firstSlot, arguments.Length, place);

        return e.Call(function, firstSlot, arguments.Length);
    }
}

/// <summary>What <c>with f as …</c> puts in place of a function: another function, or a value whatever the arguments.</summary>
internal sealed record Mock(RuleGroup? Function, Builtin? Builtin, RegoValue? Value)
{
    public RegoValue? Call(Evaluation e, int firstSlot, int count, Place place)
    {
        if (Value is not null)
            return Value;

        // Inside the replacement the originals are back, so that it may call what it replaces.
        var mocks = e.Mocks;
        e.Mocks = null;
        var result = Function is not null ? e.Call(Function, firstSlot, count) : e.Invoke(Builtin!, firstSlot, count, place);
        e.Mocks = mocks;
        return result;
    }
}

/// <summary>Comparison without the detour over a boolean value.</summary>
internal sealed class CompareCheck(string name, ValueExpr left, ValueExpr right) : Check
{
    private readonly Func<int, bool> _holds = name switch
    {
        "lt" => order => order < 0,
        "lte" => order => order <= 0,
        "gt" => order => order > 0,
        "gte" => order => order >= 0,
        _ => order => order != 0,
    };

    public override bool Test(Evaluation e) =>
        left.Eval(e) is { } l && right.Eval(e) is { } r && _holds(RegoValue.Compare(e.Document(l), e.Document(r)));
}
