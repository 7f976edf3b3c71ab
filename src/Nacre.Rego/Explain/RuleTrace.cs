using Nacre.Rego.Compile;
using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Explain;

/// <summary>The probes of one rule. Made once for a program; what they see is kept by the evaluation.</summary>
internal sealed class RuleTrace(Rule rule, string name) : Tracing
{
    private const int MaxWatched = 6;

    // An expression may hold others, in a comprehension or in `every`.
    private readonly Stack<TracedLiteral> _open = new();

    public Rule Rule { get; } = rule;

    public string Name { get; } = name;

    public List<TracedLiteral> Literals { get; } = [];

    public override void Before(Literal literal, Planner planner, HashSet<Variable> bound, List<Step> steps)
    {
        // What the compiler made of nested terms has no text of its own.
        var traced = new TracedLiteral(this, Literals.Count, literal.Place, Watch(literal, planner, bound), Groups(literal, planner));
        Literals.Add(traced);
        _open.Push(traced);
        steps.Add(new Step(new EnterProbe(traced)));
    }

    public override void After(Literal literal, List<Step> steps) => steps.Add(new Step(new PassProbe(_open.Pop())));

    private static List<(string Text, ValueExpr Value)> Watch(Literal literal, Planner planner, HashSet<Variable> bound)
    {
        var watched = new List<(string, ValueExpr)>();
        foreach (var term in Terms(literal))
        {
            var variables = new HashSet<Variable>();
            TermVariables.AddAll(term, variables);
            if (watched.Count < MaxWatched && variables.IsSubsetOf(bound) && !watched.Exists(other => other.Item1 == term.Place.Text))
                watched.Add((term.Place.Text, planner.Compile(term, bound)));
        }

        return watched;
    }

    private static List<string> Groups(Literal literal, Planner planner) =>
        [.. Terms(literal).OfType<RefTerm>().SelectMany(planner.GroupsAt).Select(group => group.Name).Distinct()];

    private static IEnumerable<Term> Terms(Literal literal) => literal switch
    {
        TermLiteral term => Parts(term.Term),
        SomeInLiteral some => Parts(some.Domain),
        ResolvedEvery every => Parts(every.Domain),
        _ => [],
    };

    private static IEnumerable<Term> Parts(Term term) => term switch
    {
        RefTerm => [term],
        LocalTerm { Variable.IsGenerated: false } => [term],
        ResolvedCall { Function: not null } call => [call, .. call.Arguments.SelectMany(Parts)],
        ResolvedCall call => call.Arguments.SelectMany(Parts),
        ArrayTerm array => array.Items.SelectMany(Parts),
        SetTerm set => set.Items.SelectMany(Parts),
        ObjectTerm members => members.Members.SelectMany(member => Parts(member.Value)),
        _ => [],
    };
}

/// <summary>One expression of a rule, in the order in which it runs.</summary>
internal sealed record TracedLiteral(
    RuleTrace Rule, int Index, Place Place, IReadOnlyList<(string Text, ValueExpr Value)> Watched, IReadOnlyList<string> Groups)
{
    /// <summary>The source on one line.</summary>
    public string Text { get; } = string.Join(' ', Place.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}

internal sealed class EnterProbe(TracedLiteral literal) : Check
{
    public override bool Test(Evaluation e)
    {
        (e.Trace as EvaluationRecord)?.Enter(literal, e);
        return true;
    }
}

internal sealed class PassProbe(TracedLiteral literal) : Check
{
    public override bool Test(Evaluation e)
    {
        (e.Trace as EvaluationRecord)?.Pass(literal);
        return true;
    }
}
