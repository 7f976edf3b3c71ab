namespace Nacre.Rego.Explain;

/// <summary>Turns a record into the rules that were tried and the expression that decided.</summary>
internal sealed class Story(List<RuleTrace> rules, EvaluationRecord record, Redaction redaction)
{
    private const int MaxDepth = 12;

    public List<ExplainedRule> Rules(IEnumerable<string> names, HashSet<string> above) =>
        [.. names.Where(name => !above.Contains(name) && above.Count < MaxDepth).SelectMany(name => rules.Where(rule => rule.Name == name && !rule.Rule.IsDefault).Select(rule => Explain(rule, above)))];

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

    private ExplainedRule Explain(RuleTrace rule, HashSet<string> above)
    {
        var place = rule.Rule.Place;
        var reached = rule.Literals.Where(literal => record.Visits.ContainsKey(literal)).ToList();
        var failed = rule.Literals.LastOrDefault(literal => record.Visits.TryGetValue(literal, out var visit) && visit.Held == 0);
        var outcome = failed is not null ? RuleOutcome.Failed
            : rule.Literals.Count > 0 && reached.Count == 0 ? RuleOutcome.NotTried
            : RuleOutcome.Held;
        var below = failed is null ? [] : Rules(failed.Groups, [.. above, rule.Name]);
        return new ExplainedRule(rule.Name, place.Source.Name, place.Line, outcome, failed is null ? null : Failure(failed), below);
    }

    private ExplainedExpression? Failure(TracedLiteral literal)
    {
        if (!record.Visits.TryGetValue(literal, out var visit) || visit.Held > 0)
            return null;

        var values = visit.Values.Select(seen => new ExplainedValue(seen.Text, seen.Value is null ? "undefined" : redaction.Show(seen.Value)));
        var text = string.Join(' ', literal.Place.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return new ExplainedExpression(text, literal.Place.Source.Name, literal.Place.Line, literal.Place.Column, [.. values], visit.Note);
    }
}
