using Nacre.Rego.Evaluate;

namespace Nacre.Rego.Explain;

/// <summary>What the probes of one evaluation saw.</summary>
internal sealed class EvaluationRecord : IEvaluationTrace
{
    private readonly Dictionary<TracedLiteral, Visit> _visits = new(ReferenceEqualityComparer.Instance);
    private TracedLiteral? _current;

    public sealed class Visit
    {
        public int Reached { get; set; }

        public int Held { get; set; }

        /// <summary>Of what the literal watches, the last time it was reached.</summary>
        public RegoValue?[] Values { get; set; } = [];

        public string? Note { get; set; }
    }

    public IReadOnlyDictionary<TracedLiteral, Visit> Visits => _visits;

    public void Enter(TracedLiteral literal, Evaluation e)
    {
        if (!_visits.TryGetValue(literal, out var visit))
            _visits.Add(literal, visit = new Visit());

        visit.Reached++;

        // Once it has held, what it saw is of no interest; and the values cost.
        if (visit.Held == 0)
            See(literal, visit, e);
        _current = literal;
    }

    public void Pass(TracedLiteral literal)
    {
        _visits[literal].Held++;
        _current = null;
    }

    public void BuiltinFailed(string name, string message)
    {
        if (_current is not null && _visits.TryGetValue(_current, out var visit))
            visit.Note = $"{name}: {message}";
    }

    private static void See(TracedLiteral literal, Visit visit, Evaluation e)
    {
        if (visit.Values.Length != literal.Watched.Count)
            visit.Values = new RegoValue?[literal.Watched.Count];
        for (var i = 0; i < visit.Values.Length; i++)
            visit.Values[i] = literal.Watched[i].Value.Eval(e) is { } value ? e.Document(value) : null;
    }
}
