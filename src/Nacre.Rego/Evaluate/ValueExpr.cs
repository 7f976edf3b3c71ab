namespace Nacre.Rego.Evaluate;

/// <summary>A term compiled: gives one value, or null for undefined. Immutable; all state is in the evaluation.</summary>
internal abstract class ValueExpr
{
    public abstract RegoValue? Eval(Evaluation e);

    /// <summary>The value if it is the same in every evaluation.</summary>
    public virtual RegoValue? Constant => null;
}

internal sealed class ConstExpr(RegoValue value) : ValueExpr
{
    public override RegoValue? Constant => value;

    public override RegoValue? Eval(Evaluation e) => value;
}

internal sealed class SlotExpr(int slot) : ValueExpr
{
    public int Slot => slot;

    public override RegoValue? Eval(Evaluation e) => e.Stack[e.Base + slot];
}

/// <summary><c>input</c> and a constant path below it.</summary>
internal sealed class InputExpr(RegoValue[] path) : ValueExpr
{
    public IReadOnlyList<RegoValue> Path => path;

    public override RegoValue? Eval(Evaluation e)
    {
        var value = e.Input;
        foreach (var key in path)
        {
            if (value is null)
                return null;
            value = Lookup.In(value, key);
        }

        return value;
    }
}

/// <summary>A constant path in the base document, where no rule can be.</summary>
internal sealed class BaseDataExpr(RegoValue[] path) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e) => e.BaseAt(path);
}

internal sealed class RuleExpr(RuleGroup group) : ValueExpr
{
    public RuleGroup Group => group;

    public override RegoValue? Eval(Evaluation e) => e.Evaluate(group);
}

/// <summary>A place in <c>data</c> with rules below it; resolved further, or made into a document.</summary>
internal sealed class CursorExpr(TreeNode node) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e) => e.CursorAt(node);
}

internal sealed class DocumentExpr(ValueExpr inner) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e) => inner.Eval(e) is { } value ? e.Document(value) : null;
}

internal sealed class LookupExpr(ValueExpr source, ValueExpr key) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e)
    {
        var value = source.Eval(e);
        if (value is null || key.Eval(e) is not { } operand)
            return null;

        return value is DataCursor cursor ? cursor.Child(e, operand) : Lookup.In(value, operand);
    }
}

/// <summary>A partial rule of which one key is asked for: only the rules that could make that key are looked at, where that is cheaper.</summary>
internal sealed class MemberExpr(RuleGroup group, ValueExpr key) : ValueExpr
{
    public override RegoValue? Eval(Evaluation e) => key.Eval(e) is { } operand ? e.EvaluateMember(group, operand) : null;
}

internal static class Lookup
{
    /// <summary>As in OPA's store, where a number names the member of an object by its text.</summary>
    public static RegoValue? InBase(RegoValue value, RegoValue key) =>
        In(value, key) ?? (key is RegoNumber number && value is RegoObject ? In(value, new RegoString(number.Text)) : null);

    /// <summary>One step of a reference. In a set it gives the element itself.</summary>
    public static RegoValue? In(RegoValue value, RegoValue key) => value switch
    {
        RegoObject members => members.Find(key),
        RegoArray array => key is RegoNumber number && number.TryGetInt32(out var index) && (uint)index < (uint)array.Count ? array[index] : null,
        RegoSet set => set.Contains(key) ? key : null,
        _ => null,
    };
}
