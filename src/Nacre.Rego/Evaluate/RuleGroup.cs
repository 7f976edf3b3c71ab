using Nacre.Rego.Syntax;

namespace Nacre.Rego.Evaluate;

internal enum RuleKind
{
    /// <summary>One value.</summary>
    Complete,

    /// <summary>A set to which each solution adds an element.</summary>
    Set,

    /// <summary>An object to which each solution adds a member, possibly deep inside.</summary>
    Object,

    Function,
}

/// <summary>All rules of one name: together they make one document, or one function.</summary>
internal sealed class RuleGroup(int id, RegoValue[] path, RuleKind kind, Place place)
{
    public int Id { get; } = id;

    public RegoValue[] Path { get; } = path;

    public string Name { get; } = NameOf(path);

    public RuleKind Kind { get; set; } = kind;

    public Place Place { get; } = place;

    public int Arity { get; set; }

    public List<RuleBody> Rules { get; } = [];

    public RuleBody? Default { get; set; }

    /// <summary>Of a <see cref="RuleKind.Object"/>: defaults for constant keys.</summary>
    public List<(RegoValue[] Keys, RuleBody Body)> MemberDefaults { get; } = [];

    public RuleIndex? Index { get; set; }

    /// <summary>Functions that look through collections or call others: worth remembering what they gave for the same arguments.</summary>
    public bool IsCostly { get; set; }

    public static string NameOf(IEnumerable<RegoValue> path)
    {
        var name = new System.Text.StringBuilder("data");
        foreach (var key in path)
            if (key is RegoString { Value: var text } && IsName(text))
                name.Append('.').Append(text);
            else
                name.Append('[').Append(key).Append(']');

        return name.ToString();
    }

    public RegoValue? Evaluate(Evaluation e)
    {
        switch (Kind)
        {
            case RuleKind.Complete:
                return First(e, [], "complete rules must not produce multiple outputs");
            case RuleKind.Set:
                var set = new HashSet<RegoValue>();
                Collect(e, set);
                return RegoSet.FromDistinct(set);
            case RuleKind.Object:
                var document = new DocumentCollector(Place);
                Collect(e, document);
                foreach (var (keys, body) in MemberDefaults)
                    if (body.Run(e, []) is { } value)
                        document.AddDefault(keys, value);
                return document.ToObject();
            default:
                return null;
        }
    }

    public RegoValue? Call(Evaluation e, ReadOnlySpan<RegoValue> arguments) =>
        First(e, arguments, "functions must not produce multiple outputs for same inputs");

    private RegoValue? First(Evaluation e, ReadOnlySpan<RegoValue> arguments, string conflict)
    {
        RegoValue? result = null;
        foreach (var rule in Candidates(e, arguments))
        {
            var value = rule.Run(e, arguments);
            if (value is null)
                continue;
            if (result is null)
                result = value;
            else if (!result.Equals(value))
                throw new RegoException(rule.Place.Error(RegoErrorCode.Conflict, conflict));
            if (rule.EndsSearch)
                break;
        }

        return result ?? Default?.Run(e, arguments);
    }

    private void Collect(Evaluation e, object collector)
    {
        var outer = e.Collected;
        foreach (var rule in Candidates(e, []))
        {
            e.Collected = collector;
            rule.Run(e, []);
        }

        e.Collected = outer;
    }

    private RuleBody[] Candidates(Evaluation e, ReadOnlySpan<RegoValue> arguments) => Index!.Find(e, arguments);

    private static bool IsName(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
