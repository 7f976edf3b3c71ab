using Nacre.Rego.Compile;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Explain;

/// <summary>A program compiled with probes, and what it takes to tell its story.</summary>
internal sealed class Explainer
{
    private readonly List<RuleTrace> _rules = [];
    private readonly RegoProgram _program;

    public Explainer(RegoProgram program) => _program = program.WithTracing((rule, group) =>
    {
        var trace = new RuleTrace(rule, group.Name);
        _rules.Add(trace);
        return trace;
    });

    public RegoExplanation Explain(string query, RegoInput input, CancellationToken cancel)
    {
        var root = new RuleTrace(new Rule(default) { Head = [] }, "query");
        var plan = QueryPlan.Make(_program, query, root);
        var record = new EvaluationRecord();
        var solutions = new RegoQuery(_program, query, plan).Run(input, firstOnly: true, record, cancel);
        var result = solutions.Count == 0 ? null : solutions[0].Expressions[0];
        var story = new Story(_rules, record, Redaction.Of(input));
        var rules = story.Rules(root.Literals.SelectMany(literal => literal.Groups).Distinct(), []);
        return new RegoExplanation(result, story.Summary(query, result, rules, root), rules, Coverage(record));
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
