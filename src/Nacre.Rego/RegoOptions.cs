namespace Nacre.Rego;

/// <summary>How a program is compiled.</summary>
public sealed record RegoOptions
{
    public IReadOnlyList<HostBuiltin> HostBuiltins { get; init; } = [];

    public RegoLimits Limits { get; init; } = RegoLimits.Default;

    /// <summary>Used where <see cref="RegoInput.Now"/> is not given.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>
    /// Refuse, when compiling, expressions that can never hold because of their types, as OPA does. Without it they are undefined, or fail
    /// when they are evaluated: for policies written for an engine that does not look.
    /// </summary>
    public bool ChecksTypes { get; init; } = true;

    /// <summary>Syntax of queries; that of modules is in each <see cref="RegoSource"/>.</summary>
    public RegoSyntax QuerySyntax { get; init; } = RegoSyntax.V1;
}
