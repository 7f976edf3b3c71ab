using System.Text;

namespace Nacre.Rego;

/// <summary>Why a query gave what it gave.</summary>
public sealed class RegoExplanation
{
    private readonly Lazy<IReadOnlyList<LineCoverage>> _coverage;

    internal RegoExplanation(RegoValue? result, string summary, IReadOnlyList<ExplainedRule> rules, Func<IReadOnlyList<LineCoverage>> coverage) =>
        (Result, Summary, Rules, _coverage) = (result, summary, rules, new(coverage));

    /// <summary>The value of the query; null: undefined.</summary>
    public RegoValue? Result { get; }

    /// <summary>One line: the expression that decided, its place, and the values it saw.</summary>
    public string Summary { get; }

    /// <summary>The rules the query asked for, in order of the source; those they asked for hang below the expression that failed.</summary>
    public IReadOnlyList<ExplainedRule> Rules { get; }

    /// <summary>Every line with an expression, and how often it was reached and held.</summary>
    public IReadOnlyList<LineCoverage> Coverage => _coverage.Value;

    /// <summary>The whole tree, a line for each rule and each expression that failed.</summary>
    public string ToText()
    {
        var text = new StringBuilder(Summary).Append('\n');
        foreach (var rule in Rules)
            rule.AppendTo(text, 1);

        return text.ToString();
    }

    public override string ToString() => Summary;
}

public enum RuleOutcome
{
    /// <summary>It gave a value.</summary>
    Held,

    /// <summary>An expression of its body was undefined or false.</summary>
    Failed,

    /// <summary>It was not looked at.</summary>
    NotTried,
}

/// <summary>One rule that was tried.</summary>
/// <param name="Name">Its path, such as <c>data.policy.allow</c>.</param>
/// <param name="File">Source.</param>
/// <param name="Line">Of the head.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Failed">The first expression that failed; null if none did.</param>
/// <param name="Below">Rules that this expression asked for.</param>
public sealed record ExplainedRule(
    string Name, string File, int Line, RuleOutcome Outcome, ExplainedExpression? Failed, IReadOnlyList<ExplainedRule> Below)
{
    internal void AppendTo(StringBuilder text, int depth)
    {
        text.Append(' ', depth * 2).Append(Name).Append(" (").Append(File).Append(':').Append(Line).Append(") ")
            .Append(Outcome switch { RuleOutcome.Held => "held", RuleOutcome.Failed => "failed", _ => "was not tried" }).Append('\n');
        if (Failed is not null)
            text.Append(' ', depth * 2 + 2).Append(Failed).Append('\n');
        foreach (var rule in Below)
            rule.AppendTo(text, depth + 2);
    }
}

/// <summary>An expression and what it saw.</summary>
/// <param name="Text">As written.</param>
/// <param name="File">Source.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Values">References and variables in it that were known.</param>
/// <param name="Note">Why a builtin gave nothing; null if none failed.</param>
public sealed record ExplainedExpression(string Text, string File, int Line, int Column, IReadOnlyList<ExplainedValue> Values, string? Note)
{
    public override string ToString() =>
        $"{File}:{Line}: {Text}{(Values.Count == 0 ? "" : $" ({string.Join(", ", Values)})")}{(Note is null ? "" : $" [{Note}]")}";
}

/// <summary>A part of an expression with its value, as a Rego term; <c>undefined</c> if it had none, <c>[redacted]</c> if it may not be shown.</summary>
public sealed record ExplainedValue(string Text, string Value)
{
    public override string ToString() => $"{Text} is {Value}";
}

public sealed record LineCoverage(string File, int Line, int Reached, int Held);
