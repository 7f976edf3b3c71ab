using System.Collections.Immutable;

namespace Nacre.Rego.Explain;

/// <summary>Turns a record into the rules that were tried and the expression that decided.</summary>
internal sealed class Story(ILookup<string, RuleTrace> rules, EvaluationRecord record, Redaction redaction)
{
    private const int MaxDepth = 12;

    public List<ExplainedRule> Rules(IEnumerable<string> names, ImmutableHashSet<string> above)
    {
        var explained = new List<ExplainedRule>();
        foreach (var name in names)
        {
            if (above.Contains(name) || above.Count >= MaxDepth)
                continue;
            foreach (var rule in rules[name])
                explained.Add(Explain(rule, above));
        }

        return explained;
    }

    public string Summary(string query, RegoValue? result, List<ExplainedRule> explained, RuleTrace root)
    {
        var outcome = $"{query} is {(result is null ? "undefined" : redaction.Show(result))}";
        if (result is { IsTrue: true } && Held(explained) is { } held)
            return $"{outcome}: {held.Name} held at {held.File}:{held.Line}";
        if (Decisive(explained) is { } failed)
            return $"{outcome}: {failed}";

        var own = root.Literals.Select(Failure).FirstOrDefault(failure => failure is not null);
        return own is null || result is not null ? outcome : $"{outcome}: {own.Text}{(own.Values.Count == 0 ? "" : $" ({string.Join(", ", own.Values)})")}";
    }

    private static ExplainedRule? Held(List<ExplainedRule> explained) => explained.Find(rule => rule.Outcome == RuleOutcome.Held);

    // The rule that came furthest is the one that was meant; what it failed on may be another rule's failure.
    private static ExplainedExpression? Decisive(IReadOnlyList<ExplainedRule> explained)
    {
        var best = explained.Where(rule => rule.Failed is not null).MaxBy(rule => rule.Failed!.Line - rule.Line);
        if (best is null)
            return null;

        return best.Below.Any(rule => rule.Outcome == RuleOutcome.Held) ? best.Failed : Decisive(best.Below) ?? best.Failed;
    }

    private ExplainedRule Explain(RuleTrace rule, ImmutableHashSet<string> above)
    {
        var place = rule.Rule.Place;
        var isReached = false;
        TracedLiteral? failed = null;
        foreach (var literal in rule.Literals)
        {
            if (!record.Visits.TryGetValue(literal, out var visit))
                continue;
            isReached = true;
            if (visit.Held == 0)
                failed = literal;
        }

        var outcome = failed is not null ? RuleOutcome.Failed
            : rule.Literals.Count > 0 && !isReached ? RuleOutcome.NotTried
            : RuleOutcome.Held;
        var below = failed is null || failed.Groups.Count == 0 ? [] : Rules(failed.Groups, above.Add(rule.Name));
        return new ExplainedRule(rule.Name, place.Source.Name, place.Line, outcome, failed is null ? null : Failure(failed), below);
    }

    private ExplainedExpression? Failure(TracedLiteral literal)
    {
        if (!record.Visits.TryGetValue(literal, out var visit) || visit.Held > 0)
            return null;

        var values = new List<ExplainedValue>(visit.Values.Length);
        for (var i = 0; i < visit.Values.Length; i++)
            values.Add(new(literal.Watched[i].Text, visit.Values[i] is { } seen ? redaction.Show(seen) : "undefined"));
        return new ExplainedExpression(literal.Text, literal.Place.Source.Name, literal.Place.Line, literal.Place.Column, values, visit.Note);
    }
}
