using Nacre.Rego.Compile;

namespace Nacre.Rego.Types;

/// <summary>Types of the variables of one body. What an inner body finds out about a variable stays in it.</summary>
internal sealed class TypeScope(TypeScope? parent = null)
{
    private readonly Dictionary<Variable, RegoType> _types = [];

    public RegoType? this[Variable variable]
    {
        get => _types.TryGetValue(variable, out var type) ? type : parent?[variable];
        set
        {
            if (value is not null)
                _types[variable] = value;
        }
    }
}
