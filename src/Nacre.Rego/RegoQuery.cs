using Nacre.Rego.Compile;
using Nacre.Rego.Evaluate;
using Nacre.Rego.Explain;

namespace Nacre.Rego;

/// <summary>A query compiled against a program. Immutable; any number of threads may evaluate it at once.</summary>
public sealed class RegoQuery
{
    private readonly RegoProgram _program;
    private readonly QueryPlan _plan;
    private readonly Lazy<TracedQuery> _traced;

    // One evaluation is kept per processor at most; more threads than that make their own.
    private readonly Evaluation?[] _idle = new Evaluation?[Environment.ProcessorCount];

    internal RegoQuery(RegoProgram program, string text, QueryPlan plan)
    {
        (_program, Text, _plan) = (program, text, plan);
        _traced = new Lazy<TracedQuery>(() => program.Explainer.Trace(text));
    }

    public string Text { get; }

    /// <summary>The expressions of the query with their places, in order.</summary>
    public IReadOnlyList<(string Text, int Row, int Column)> Expressions => _plan.Expressions;

    /// <summary>The value of the query's first expression in its first solution; null if it is undefined.</summary>
    /// <exception cref="RegoException">A conflict, a limit, or, if they are strict, the error of a builtin.</exception>
    public RegoValue? EvaluateValue(RegoInput input, CancellationToken cancel = default)
    {
        var solutions = Run(input, firstOnly: true, trace: null, cancel);
        return solutions.Count == 0 ? null : solutions[0].Expressions[0];
    }

    /// <summary>All solutions, each with the values of all expressions and variables. None: undefined.</summary>
    /// <exception cref="RegoException">As <see cref="EvaluateValue"/>.</exception>
    public IReadOnlyList<RegoBinding> Evaluate(RegoInput input, CancellationToken cancel = default) => Run(input, firstOnly: false, trace: null, cancel);

    /// <summary>
    /// Why the query gives what it gives: the rules that were tried and the first expression of each that failed, with the values it saw.
    /// Slower than an evaluation: it runs a second, instrumented compilation of the program.
    /// </summary>
    /// <exception cref="RegoException">As <see cref="EvaluateValue"/>.</exception>
    public RegoExplanation Explain(RegoInput input, CancellationToken cancel = default) => _program.Explainer.Explain(_traced.Value, input, cancel);

    internal List<RegoBinding> Run(RegoInput input, bool firstOnly, IEvaluationTrace? trace, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(input);
        var evaluation = Rent();
        try
        {
            evaluation.Start(input, input.Limits ?? _program.Options.Limits, _program.Options.Clock, cancel);
            (evaluation.Solutions, evaluation.IsFirstSolutionEnough, evaluation.Trace) = ([], firstOnly, trace);
            evaluation.EnterFrame(_plan.FrameSize, []);
            _plan.Body.Run(evaluation);
            return evaluation.Solutions;
        }
        finally
        {
            evaluation.End();
            Return(evaluation);
        }
    }

    private Evaluation Rent()
    {
        for (var i = 0; i < _idle.Length; i++)
            if (Interlocked.Exchange(ref _idle[i], null) is { } evaluation)
                return evaluation;

        return new Evaluation(_program.Groups.Count);
    }

    private void Return(Evaluation evaluation)
    {
        for (var i = 0; i < _idle.Length; i++)
            if (Interlocked.CompareExchange(ref _idle[i], evaluation, null) is null)
                return;
    }
}
