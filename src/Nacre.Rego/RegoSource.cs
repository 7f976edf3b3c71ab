namespace Nacre.Rego;

public enum RegoSyntax
{
    /// <summary>OPA 1.0: <c>if</c>, <c>contains</c>, <c>in</c> and <c>every</c> are keywords.</summary>
    V1,

    /// <summary>Before OPA 1.0: they have to be imported. <c>import rego.v1</c> in a module switches it to the new syntax.</summary>
    V0,
}

/// <summary>One module.</summary>
/// <param name="Name">Shown in errors and explanations, usually the file's name.</param>
/// <param name="Text">The source.</param>
/// <param name="Syntax">Which language the text is in.</param>
public readonly record struct RegoSource(string Name, string Text, RegoSyntax Syntax = RegoSyntax.V1);
