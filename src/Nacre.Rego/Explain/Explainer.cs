using Nacre.Rego.Compile;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Explain;

/// <summary>A program compiled with probes, and what it takes to tell its story.</summary>
internal sealed class Explainer
{
    private readonly List<RuleTrace> _rules = [];
    private readonly ILookup<string, RuleTrace> _byName;
    private readonly RegoProgram _program;

    public Explainer(RegoProgram program)
    {
        _program = program.WithTracing((rule, group) =>
        {
            var trace = new RuleTrace(rule, group.Name);
            _rules.Add(trace);
            return trace;
        });
        _byName = _rules.Where(rule => !rule.Rule.IsDefault).ToLookup(rule => rule.Name);
    }

    /// <summary>Compiles a query with probes; the result serves any number of explanations at once.</summary>
    public TracedQuery Trace(string query)
    {
        var root = new RuleTrace(new Rule(default) { Head = [] }, "query");
        return new TracedQuery(root, new RegoQuery(_program, query, QueryPlan.Make(_program, query, root)));
    }

    public RegoExplanation Explain(TracedQuery query, RegoInput input, CancellationToken cancel)
    {
        var record = new EvaluationRecord();
        var solutions = query.Query.Run(input, firstOnly: true, record, cancel);
        var result = solutions.Count == 0 ? null : solutions[0].Expressions[0];
        var story = new Story(_byName, record, Redaction.Of(input));
        var rules = story.Rules(query.Root.Literals.SelectMany(literal => literal.Groups).Distinct(), []);
        return new RegoExplanation(result, story.Summary(query.Query.Text, result, rules, query.Root), rules, () => Coverage(record));
    }

    private List<LineCoverage> Coverage(EvaluationRecord record) =>
    [
        .. _rules.SelectMany(rule => rule.Literals)
            .GroupBy(literal => (literal.Place.Source.Name, literal.Place.Line))
            .OrderBy(line => line.Key.Name, StringComparer.Ordinal).ThenBy(line => line.Key.Line)
            .Select(line => new LineCoverage(
                line.Key.Name,
                line.Key.Line,
                line.Sum(literal => record.Visits.TryGetValue(literal, out var visit) ? visit.Reached : 0),
                line.Sum(literal => record.Visits.TryGetValue(literal, out var visit) ? visit.Held : 0))),
    ];
}

/// <summary>A query with the probes of its own expressions.</summary>
internal sealed record TracedQuery(RuleTrace Root, RegoQuery Query);
