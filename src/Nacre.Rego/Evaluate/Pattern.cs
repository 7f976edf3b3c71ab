namespace Nacre.Rego.Evaluate;

/// <summary>The side of a unification that has variables to bind. Which of them are bound already is known when compiling.</summary>
internal abstract class Pattern
{
    public abstract bool Match(Evaluation e, RegoValue value);
}

internal sealed class AnyPattern : Pattern
{
    public static readonly AnyPattern Instance = new();

    public override bool Match(Evaluation e, RegoValue value) => true;
}

internal sealed class BindPattern(int slot) : Pattern
{
    public override bool Match(Evaluation e, RegoValue value)
    {
        e.Stack[e.Base + slot] = value;
        return true;
    }
}

internal sealed class EqualPattern(ValueExpr expected) : Pattern
{
    public override bool Match(Evaluation e, RegoValue value) => expected.Eval(e) is { } other && other.Equals(value);
}

internal sealed class ArrayPattern(Pattern[] items) : Pattern
{
    public override bool Match(Evaluation e, RegoValue value)
    {
        if (value is not RegoArray array || array.Count != items.Length)
            return false;

        for (var i = 0; i < items.Length; i++)
            if (!items[i].Match(e, array[i]))
                return false;

        return true;
    }
}

internal sealed class ObjectPattern((ValueExpr Key, Pattern Value)[] members) : Pattern
{
    public override bool Match(Evaluation e, RegoValue value)
    {
        if (value is not RegoObject candidate || candidate.Count != members.Length)
            return false;

        foreach (var (keyExpr, pattern) in members)
            if (keyExpr.Eval(e) is not { } key || candidate.Find(key) is not { } member || !pattern.Match(e, member))
                return false;

        return true;
    }
}
