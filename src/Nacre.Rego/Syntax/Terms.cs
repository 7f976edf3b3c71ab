namespace Nacre.Rego.Syntax;

/// <summary>A term as parsed.</summary>
internal abstract class Term(Place place)
{
    public Place Place { get; } = place;
}

internal sealed class ScalarTerm(Place place, RegoValue value) : Term(place)
{
    public RegoValue Value { get; } = value;
}

internal sealed class VarTerm(Place place, string name) : Term(place)
{
    public const string Wildcard = "_";

    public string Name { get; } = name;

    public bool IsWildcard => Name == Wildcard;
}

/// <summary>A head and what is looked up in it, one operand after the other: <c>a.b[x]</c>.</summary>
internal sealed class RefTerm(Place place, Term head, List<Term> path) : Term(place)
{
    public Term Head { get; } = head;

    public List<Term> Path { get; } = path;
}

internal sealed class ArrayTerm(Place place, List<Term> items) : Term(place)
{
    public List<Term> Items { get; } = items;
}

internal sealed class SetTerm(Place place, List<Term> items) : Term(place)
{
    public List<Term> Items { get; } = items;
}

internal sealed class ObjectTerm(Place place, List<(Term Key, Term Value)> members) : Term(place)
{
    public List<(Term Key, Term Value)> Members { get; } = members;
}

/// <summary>A call; operators are calls of the builtin that implements them.</summary>
internal sealed class CallTerm(Place place, Term function, List<Term> arguments) : Term(place)
{
    public Term Function { get; } = function;

    public List<Term> Arguments { get; } = arguments;

    /// <summary>Written as an operator, so that no rule of the same name can be meant.</summary>
    public bool IsOperator { get; init; }
}

internal enum ComprehensionKind
{
    Array,
    Set,
    Object,
}

internal sealed class ComprehensionTerm(Place place, ComprehensionKind kind, Term? key, Term value, List<Literal> body) : Term(place)
{
    public ComprehensionKind ComprehensionKind { get; } = kind;

    public Term? Key { get; } = key;

    public Term Value { get; } = value;

    public List<Literal> Body { get; } = body;
}

/// <summary>A string with expressions in it. Each part is text or an expression.</summary>
internal sealed class TemplateTerm(Place place, List<(string? Text, Literal? Expression)> parts) : Term(place)
{
    public List<(string? Text, Literal? Expression)> Parts { get; } = parts;
}
