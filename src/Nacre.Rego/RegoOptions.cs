namespace Nacre.Rego;

/// <summary>How a program is compiled.</summary>
public sealed record RegoOptions
{
    public IReadOnlyList<HostBuiltin> HostBuiltins { get; init; } = [];

    public RegoLimits Limits { get; init; } = RegoLimits.Default;

    /// <summary>Used where <see cref="RegoInput.Now"/> is not given.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Syntax of queries; that of modules is in each <see cref="RegoSource"/>.</summary>
    public RegoSyntax QuerySyntax { get; init; } = RegoSyntax.V1;
}
