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

    /// <summary>Types of the arguments where they are known, for checking when compiling: one letter each.</summary>
    public string? Types { get; init; }
}
