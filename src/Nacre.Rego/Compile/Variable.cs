using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>A variable of one rule or query: one name, one slot of its frame.</summary>
internal sealed class Variable(string name, int slot)
{
    /// <summary>Names of variables that the compiler puts in the place of a whole argument, or of a term of a head.</summary>
    public const string Argument = "__arg__", Head = "__local_head__";

    public string Name { get; } = name;

    public int Slot { get; } = slot;

    /// <summary>Made by the compiler, or written <c>_</c>.</summary>
    public bool IsGenerated => Name.StartsWith('_') && (Name.Length == 1 || Name.StartsWith("__", StringComparison.Ordinal));

    /// <summary>It stands for a term that is looked at in its own place.</summary>
    public bool StandsForTerm => Name is Argument or Head;

    public override string ToString() => Name;
}

/// <summary>Slots of one rule.</summary>
internal sealed class Frame
{
    public int Size { get; private set; }

    public int Reserve(int count = 1)
    {
        var first = Size;
        Size += count;
        return first;
    }
}

/// <summary>A variable, after names have been resolved.</summary>
internal sealed class LocalTerm(Place place, Variable variable) : Term(place)
{
    public Variable Variable { get; } = variable;
}

/// <summary><c>input</c> or <c>data</c>.</summary>
internal sealed class RootTerm(Place place, bool isInput) : Term(place)
{
    public bool IsInput { get; } = isInput;
}

/// <summary>A call of which it is known what is called.</summary>
internal sealed class ResolvedCall(Place place, Builtins.Builtin? builtin, Evaluate.RuleGroup? function, List<Term> arguments) : Term(place)
{
    public Builtins.Builtin? Builtin { get; } = builtin;

    public Evaluate.RuleGroup? Function { get; } = function;

    public List<Term> Arguments { get; } = arguments;

    public string Name => Builtin?.Name ?? Function!.Name;

    public int Arity => Builtin?.Arity ?? Function!.Arity;

    public bool Is(string name) => Builtin?.Name == name;
}

/// <summary>Some literals make further ones that must come before them; they stand together.</summary>
internal sealed class PrintLiteral(Place place, List<Term> arguments) : Literal(place)
{
    public List<Term> Arguments { get; } = arguments;
}

/// <summary><c>every</c> with its variables resolved.</summary>
internal sealed class ResolvedEvery(Place place, Variable? key, Variable value, Term domain, List<Literal> body) : Literal(place)
{
    public Variable? Key { get; } = key;

    public Variable Value { get; } = value;

    public Term Domain { get; } = domain;

    public List<Literal> Body { get; } = body;
}

/// <summary>What a <c>with</c> replaces, after resolution: a path of a root, or a function.</summary>
internal sealed record ResolvedWith(Place Place, bool IsInput, RegoValue[]? Path, Callee? Replaced, Evaluate.Mock? Mock, Term? NewValue)
    : WithModifier(Place, new RootTerm(Place, IsInput), NewValue ?? new RootTerm(Place, IsInput))
{
    public string? Function => Replaced?.Name;
}

/// <summary>A builtin or a function of rules.</summary>
internal sealed record Callee(Builtins.Builtin? Builtin, Evaluate.RuleGroup? Function)
{
    public string Name => Builtin?.Name ?? Function!.Name;
}
