using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>
/// Turns resolved bodies into nodes: orders the expressions so that every variable is bound before it is read, or says which is unsafe.
/// One planner serves one rule or query.
/// </summary>
internal sealed partial class Planner(Frame frame, TreeNode tree, Tracing? tracing)
{
    // Slots that hold the values of references and relations which run before the expression they stand in.
    private readonly Dictionary<Term, int> _hoisted = new(ReferenceEqualityComparer.Instance);

    // Above zero inside negations, whose parts are not explained one by one.
    private int _quiet;

    /// <summary>Rules and functions that this one refers to.</summary>
    public HashSet<RuleGroup> Dependencies { get; } = [];

    /// <summary>Expressions of a query whose value is kept, whatever it is, and the slot for it.</summary>
    public Dictionary<Literal, int> Captures { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Set while planning if the body looks through a collection or calls functions.</summary>
    public bool IsCostly { get; private set; }

    /// <summary>Plans a body, and puts its expressions in the order in which they run.</summary>
    public Node PlanBody(List<Literal> body, HashSet<Variable> bound, Func<HashSet<Variable>, Node> end)
    {
        var variables = new HashSet<Variable>();
        foreach (var literal in body)
            TermVariables.AddOpen(literal, variables);

        var steps = new List<Step>();
        var waiting = new List<Literal>(body);
        body.Clear();
        while (waiting.Count > 0)
        {
            var before = waiting.Count;
            for (var i = 0; i < waiting.Count; i++)
                if (TryPlan(waiting[i], bound, variables, steps))
                {
                    body.Add(waiting[i]);
                    waiting.RemoveAt(i--);
                }

            if (waiting.Count == before)
                throw Unsafe(waiting, bound);
        }

        return Link(steps, end(bound));
    }

    private static RegoException Unsafe(List<Literal> waiting, HashSet<Variable> bound)
    {
        var errors = new List<RegoError>();
        var seen = new HashSet<string>();
        foreach (var literal in waiting)
        {
            var variables = new HashSet<Variable>();
            TermVariables.AddAll(literal, variables);
            foreach (var variable in variables)
                if (!bound.Contains(variable) && seen.Add(variable.Name) && !variable.Name.StartsWith("__local", StringComparison.Ordinal))
                    errors.Add(literal.Place.Error(RegoErrorCode.UnsafeVariable, $"var {variable.Name} is unsafe"));
        }

        if (errors.Count == 0)
            errors.Add(waiting[0].Place.Error(RegoErrorCode.UnsafeVariable, "expression is unsafe"));

        return new RegoException(errors);
    }

    private bool TryPlan(Literal literal, HashSet<Variable> bound, HashSet<Variable> bodyVariables, List<Step> steps)
    {
        var settlement = new Settlement(bound, bodyVariables);
        foreach (var modifier in literal.With)
            if (modifier is ResolvedWith { NewValue: { } value })
            {
                settlement.AddGenerators(value);
                settlement.Add(new PrintLiteral(modifier.Place, [value]));
            }

        if (!settlement.Run())
            return false;

        var outside = settlement.Order.Count;
        settlement.Add(literal);
        if (!settlement.Run())
            return false;

        foreach (var item in settlement.Order[..outside])
            if (item is not LiteralItem)
                Emit(item, literal, bound, steps);

        if (_quiet == 0)
            tracing?.Before(literal, this, bound, steps);
        if (literal.With.Count == 0)
            foreach (var item in settlement.Order)
                Emit(item, literal, bound, steps);
        else
            EmitWith(settlement.Order[outside..], literal, bound, steps);
        if (_quiet == 0)
            tracing?.After(literal, steps);

        return true;
    }

    private void EmitWith(List<Item> items, Literal literal, HashSet<Variable> bound, List<Step> steps)
    {
        var changes = literal.With.ConvertAll(modifier => PlanChange((ResolvedWith)modifier, bound));
        var scope = new WithScope([.. changes]);
        var inner = new List<Step>();
        foreach (var item in items)
            Emit(item, literal, bound, inner);

        if (inner.TrueForAll(step => step.Check is not null))
            steps.Add(new Step(new WithCheck(scope, Link(inner, StopNode.Instance))));
        else
            steps.Add(new Step(next => new WithNode(scope, Link(inner, new WithExitNode(next)))));
    }

    private WithChange PlanChange(ResolvedWith modifier, HashSet<Variable> bound)
    {
        var value = modifier.NewValue is null ? null : Compile(modifier.NewValue, bound);
        if (modifier.Mock?.Function is { } function)
            Dependencies.Add(function);
        if (modifier.Function is not null)
            return new WithFunction(modifier.Function, modifier.Mock, value);

        return modifier.IsInput ? new WithInput(modifier.Path!, value!) : new WithData(modifier.Path!, value!);
    }

    private static Node Link(List<Step> steps, Node end)
    {
        var node = end;
        for (var i = steps.Count - 1; i >= 0; i--)
        {
            if (steps[i].Generator is { } generator)
            {
                node = generator(node);
                continue;
            }

            var last = i;
            while (i > 0 && steps[i - 1].Check is not null)
                i--;
            node = new ChecksNode([.. steps[i..(last + 1)].Select(step => step.Check!)], node);
        }

        return node;
    }

    private void Emit(Item item, Literal literal, HashSet<Variable> bound, List<Step> steps)
    {
        switch (item)
        {
            case GenerateItem { Term: ResolvedCall call }:
                EmitWalk(call, bound, steps);
                break;
            case GenerateItem { Term: RefTerm path }:
                EmitScan(path, bound, steps);
                break;
            case UnifyItem unify:
                EmitUnify(unify.Left, unify.Right, bound, steps);
                break;
            case HoldsItem holds:
                steps.Add(new Step(PlanTruth(holds.Term, literal, bound)));
                break;
            case LiteralItem { Literal: { IsNegated: true } negated }:
                steps.Add(new Step(new NotCheck(PlanNegated(negated, bound))));
                break;
            case LiteralItem { Literal: SomeInLiteral some }:
                EmitSomeIn(some, bound, steps);
                break;
            case LiteralItem { Literal: ResolvedEvery every }:
                steps.Add(new Step(PlanEvery(every, bound)));
                break;
            case LiteralItem { Literal: PrintLiteral print }:
                steps.Add(new Step(PlanPrint(print, bound)));
                break;
        }
    }
}

/// <summary>Either a check, or something that is given the rest of the body.</summary>
internal readonly struct Step
{
    public Step(Check check) => Check = check;

    public Step(Func<Node, Node> generator) => Generator = generator;

    public Check? Check { get; }

    public Func<Node, Node>? Generator { get; }
}
