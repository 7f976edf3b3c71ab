using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

internal sealed partial class Planner
{
    private static readonly string[] s_comparisons = ["lt", "lte", "gt", "gte", "neq"];

    private Check PlanTruth(Term term, Literal literal, HashSet<Variable> bound)
    {
        if (Captures.TryGetValue(literal, out var slot))
            return new DefinedCheck(Compile(term, bound), slot);

        if (term is ResolvedCall { Builtin: not null, Arguments: [var left, var right] } call)
        {
            if (call.Is("equal"))
                return new EqualCheck(Compile(left, bound), Compile(right, bound));
            if (s_comparisons.Contains(call.Name))
                return new CompareCheck(call.Name, Compile(left, bound), Compile(right, bound));
        }

        return new TruthCheck(Compile(term, bound));
    }

    private Node PlanNegated(Literal negated, HashSet<Variable> bound)
    {
        // The modifiers already hold around it.
        Literal positive = negated switch
        {
            TermLiteral term => new TermLiteral(term.Place, term.Term),
            ResolvedEvery every => new ResolvedEvery(every.Place, every.Key, every.Value, every.Domain, every.Body),
            SomeInLiteral some => new SomeInLiteral(some.Place, some.Key, some.Value, some.Domain),
            PrintLiteral print => new PrintLiteral(print.Place, print.Arguments),
            _ => negated,
        };

        _quiet++;
        var body = PlanBody([positive], [.. bound], _ => StopNode.Instance);
        _quiet--;
        return body;
    }

    private EveryCheck PlanEvery(ResolvedEvery every, HashSet<Variable> bound)
    {
        IsCostly = true;
        var domain = Compile(every.Domain, bound);
        HashSet<Variable> inner = [.. bound, every.Value];
        if (every.Key is not null)
            inner.Add(every.Key);

        var body = PlanBody(every.Body, inner, _ => StopNode.Instance);
        return new EveryCheck(domain, every.Key?.Slot ?? -1, every.Value.Slot, body);
    }

    private PrintCheck PlanPrint(PrintLiteral print, HashSet<Variable> bound)
    {
        var bodies = new List<Node>();
        var slots = new List<int>();
        foreach (var argument in print.Arguments)
        {
            var slot = frame.Reserve();
            slots.Add(slot);
            bodies.Add(PlanValue(new TermLiteral(argument.Place, argument), slot, bound));
        }

        return new PrintCheck([.. bodies], [.. slots], print.Place);
    }

    // A body that puts the value of one expression into a slot.
    private Node PlanValue(Literal literal, int slot, HashSet<Variable> bound)
    {
        Captures[literal] = slot;
        return PlanBody([literal], [.. bound], _ => StopNode.Instance);
    }

    private void EmitSomeIn(SomeInLiteral some, HashSet<Variable> bound, List<Step> steps)
    {
        IsCostly = true;
        var domain = Compile(some.Domain, bound);
        var key = some.Key is null ? AnyPattern.Instance : CompilePattern(some.Key, bound);
        var value = CompilePattern(some.Value, bound);
        steps.Add(new Step(next => new ScanNode(domain, key, value, next)));
    }

    private void EmitWalk(ResolvedCall call, HashSet<Variable> bound, List<Step> steps)
    {
        IsCostly = true;
        var slot = frame.Reserve();
        var source = Compile(call.Arguments[0], bound);
        _hoisted[call] = slot;
        steps.Add(new Step(next => new WalkNode(source, new BindPattern(slot), needsPath: true, next)));
    }

    private void EmitUnify(Term left, Term right, HashSet<Variable> bound, List<Step> steps)
    {
        if (!IsBound(left, bound))
            (left, right) = (right, left);

        var value = Compile(left, bound);
        if (IsBound(right, bound))
            steps.Add(new Step(new EqualCheck(value, Compile(right, bound))));
        else if (right is LocalTerm { Variable: { } variable })
        {
            bound.Add(variable);
            steps.Add(new Step(new DefinedCheck(value, variable.Slot)));
        }
        else
            steps.Add(new Step(new MatchCheck(value, CompilePattern(right, bound))));
    }

    // One scan for each operand that has variables to bind; what is known in between is looked up.
    private void EmitScan(RefTerm path, HashSet<Variable> bound, List<Step> steps)
    {
        IsCostly = true;
        var known = path.Path.FindIndex(operand => !IsBound(operand, bound));
        var source = CompileRef(path.Head, path.Path[..known], bound, isWhole: false);
        while (known < path.Path.Count)
        {
            var key = CompilePattern(path.Path[known], bound);
            var slot = frame.Reserve();
            var from = source;
            steps.Add(new Step(next => new ScanNode(from, key, new BindPattern(slot), next)));
            source = new SlotExpr(slot);
            known++;
            while (known < path.Path.Count && IsBound(path.Path[known], bound))
                source = new LookupExpr(source, Compile(path.Path[known++], bound));
        }

        // A place in data must become a document before it is used as a value.
        if (source is SlotExpr last && path.Head is not RootTerm { IsInput: false })
        {
            _hoisted[path] = last.Slot;
            return;
        }

        var result = frame.Reserve();
        steps.Add(new Step(new DefinedCheck(path.Head is RootTerm { IsInput: false } ? new DocumentExpr(source) : source, result)));
        _hoisted[path] = result;
    }

    private bool IsBound(Term term, HashSet<Variable> bound)
    {
        if (_hoisted.ContainsKey(term))
            return true;
        if (term is LocalTerm local)
            return bound.Contains(local.Variable);

        var variables = new HashSet<Variable>();
        TermVariables.AddOpen(term, variables);
        return variables.IsSubsetOf(bound);
    }
}
