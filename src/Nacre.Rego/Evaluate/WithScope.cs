namespace Nacre.Rego.Evaluate;

/// <summary>The replacements of one expression's <c>with</c> modifiers, in order.</summary>
internal sealed class WithScope(WithChange[] changes)
{
    /// <summary>What was in force before; null if a value is undefined, in which case nothing has changed.</summary>
    public Saved? Enter(Evaluation e)
    {
        // All values are taken before the first replacement is made.
        var values = new RegoValue?[changes.Length];
        for (var i = 0; i < changes.Length; i++)
        {
            values[i] = changes[i].Value?.Eval(e) is { } value ? e.Document(value) : null;
            if (values[i] is null && changes[i].Value is not null)
                return null;
        }

        var outer = new Saved(e.Input, e.Data, e.Replaced, e.Mocks, e.Cache);
        for (var i = 0; i < changes.Length; i++)
            changes[i].Apply(e, values[i]);
        e.Cache = e.NewCache();
        return outer;
    }

    public static void Leave(Evaluation e, Saved outer)
    {
        e.DropCache();
        (e.Input, e.Data, e.Replaced, e.Mocks, e.Cache) = (outer.Input, outer.Data, outer.Replaced, outer.Mocks, outer.Cache);
    }

    internal sealed record Saved(
        RegoValue? Input, RegoValue Data, List<RegoValue[]>? Replaced, Dictionary<string, Mock>? Mocks, RuleCache Cache);
}

internal abstract class WithChange(ValueExpr? value)
{
    public ValueExpr? Value { get; } = value;

    public abstract void Apply(Evaluation e, RegoValue? value);

    /// <summary>The document with a value put at a path; what is in the way becomes an object.</summary>
    protected static RegoValue Put(RegoValue? document, ReadOnlySpan<RegoValue> path, RegoValue value)
    {
        if (path.IsEmpty)
            return value;

        var members = document as RegoObject ?? RegoObject.Empty;
        return members.With(path[0], Put(members.Find(path[0]), path[1..], value));
    }
}

internal sealed class WithInput(RegoValue[] path, ValueExpr value) : WithChange(value)
{
    public override void Apply(Evaluation e, RegoValue? value) => e.Input = Put(e.Input, path, value!);
}

internal sealed class WithData(RegoValue[] path, ValueExpr value) : WithChange(value)
{
    public override void Apply(Evaluation e, RegoValue? value)
    {
        e.Data = Put(e.Data, path, value!);
        e.Replaced = [.. e.Replaced ?? [], path];
    }
}

internal sealed class WithFunction(string name, Mock? mock, ValueExpr? value) : WithChange(value)
{
    public override void Apply(Evaluation e, RegoValue? value) =>
        e.Mocks = new Dictionary<string, Mock>(e.Mocks ?? []) { [name] = mock ?? new Mock(null, null, value) };
}

/// <summary>
/// A generator below <c>with</c>: the replacements hold while it looks for solutions, and not while the rest of the body runs.
/// </summary>
internal sealed class WithNode(WithScope scope, Node inner) : Node
{
    public override bool Run(Evaluation e)
    {
        if (scope.Enter(e) is not { } outer)
            return false;

        var saved = e.WithOuter;
        e.WithOuter = outer;
        var stop = inner.Run(e);
        e.WithOuter = saved;
        WithScope.Leave(e, outer);
        return stop;
    }
}

internal sealed class WithExitNode(Node next) : Node
{
    public override bool Run(Evaluation e)
    {
        var outer = e.WithOuter!;
        var inner = new WithScope.Saved(e.Input, e.Data, e.Replaced, e.Mocks, e.Cache);
        (e.Input, e.Data, e.Replaced, e.Mocks, e.Cache) = (outer.Input, outer.Data, outer.Replaced, outer.Mocks, outer.Cache);
        var stop = next.Run(e);
        e.WithOuter = outer;
        (e.Input, e.Data, e.Replaced, e.Mocks, e.Cache) = (inner.Input, inner.Data, inner.Replaced, inner.Mocks, inner.Cache);
        return stop;
    }
}
