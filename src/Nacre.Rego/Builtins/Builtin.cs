using Nacre.Rego.Types;

namespace Nacre.Rego.Builtins;

/// <returns>Null for undefined.</returns>
internal delegate RegoValue? BuiltinFunction(BuiltinCall call, ReadOnlySpan<RegoValue> arguments);

/// <param name="Name">As policies call it.</param>
/// <param name="Arity">Number of arguments; -1 for any.</param>
/// <param name="Function">What it does.</param>
internal sealed record Builtin(string Name, int Arity, BuiltinFunction Function)
{
    /// <summary>Has many results; only usable as <c>walk</c> is.</summary>
    public bool IsRelation { get; init; }

    /// <summary>Types of arguments and result; null where any will do, as for the host's functions.</summary>
    public FunctionType? Signature => IsOfLanguage ? BuiltinSignatures.Find(Name) : null;

    /// <summary>Not the host's, which may have another meaning under the same name.</summary>
    public bool IsOfLanguage { get; init; } = true;
}
