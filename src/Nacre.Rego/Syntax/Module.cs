namespace Nacre.Rego.Syntax;

internal sealed record Import(Place Place, RefTerm Path, string Name);

/// <summary>A rule as written. Bodies chained with <c>else</c> hang below each other; further bodies are rules of their own.</summary>
internal sealed class Rule(Place place)
{
    public Place Place { get; } = place;

    /// <summary>The head's reference without the package: the name, then any further operands.</summary>
    public required List<Term> Head { get; set; }

    public List<Term>? Arguments { get; set; }

    /// <summary>The element of a partial set.</summary>
    public Term? Key { get; set; }

    /// <summary>Null for a partial set.</summary>
    public Term? Value { get; set; }

    public bool HasGeneratedValue { get; set; }

    public bool IsDefault { get; set; }

    public bool IsAssigned { get; set; }

    public List<Literal> Body { get; set; } = [];

    public Rule? Else { get; set; }

    public string Name => ((VarTerm)Head[0]).Name;
}

internal sealed class Module(SourceText source)
{
    public SourceText Source { get; } = source;

    public required RegoSyntax Syntax { get; set; }

    public Place PackagePlace { get; set; }

    /// <summary>The package's path without <c>data</c>.</summary>
    public List<string> Package { get; set; } = [];

    public List<Import> Imports { get; } = [];

    public List<Rule> Rules { get; } = [];

    public List<Comment> Comments { get; set; } = [];
}
