namespace Nacre.Rego.Syntax;

/// <summary><c>with target as value</c>.</summary>
internal record WithModifier(Place Place, Term Target, Term Value);

/// <summary>One expression of a body.</summary>
internal abstract class Literal(Place place)
{
    public Place Place { get; set; } = place;

    public bool IsNegated { get; set; }

    public List<WithModifier> With { get; set; } = [];
}

/// <summary>A term that must be true; <c>=</c> and <c>:=</c> are calls of <c>eq</c> and <c>assign</c>.</summary>
internal sealed class TermLiteral(Place place, Term term) : Literal(place)
{
    public Term Term { get; } = term;
}

internal sealed class SomeLiteral(Place place, List<VarTerm> variables) : Literal(place)
{
    public List<VarTerm> Variables { get; } = variables;
}

internal sealed class SomeInLiteral(Place place, Term? key, Term value, Term domain) : Literal(place)
{
    public Term? Key { get; } = key;

    public Term Value { get; } = value;

    public Term Domain { get; } = domain;
}

internal sealed class EveryLiteral(Place place, VarTerm? key, VarTerm value, Term domain, List<Literal> body) : Literal(place)
{
    public VarTerm? Key { get; } = key;

    public VarTerm Value { get; } = value;

    public Term Domain { get; } = domain;

    public List<Literal> Body { get; } = body;
}
