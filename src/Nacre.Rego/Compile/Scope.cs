using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>Names declared in one body, and the bodies around it.</summary>
internal sealed class Scope(Scope? parent)
{
    private readonly Dictionary<string, Variable> _declared = [];

    public Scope? Parent { get; } = parent;

    public Scope Root => Parent?.Root ?? this;

    /// <summary>Names that a later expression of this body declares.</summary>
    public HashSet<string> Later { get; } = [];

    public HashSet<string> Arguments { get; } = [];

    public IEnumerable<Variable> Variables => _declared.Values;

    public bool IsDeclaredHere(string name) => _declared.ContainsKey(name);

    public void Declare(string name, Variable variable)
    {
        _declared[name] = variable;
        Later.Remove(name);
    }

    public Variable? Find(string name, Place place)
    {
        for (var scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._declared.TryGetValue(name, out var variable))
                return variable;
            if (scope.Later.Contains(name))
                throw new RegoException(place.Error(RegoErrorCode.Compile, $"var {name} referenced above"));
        }

        return null;
    }
}
