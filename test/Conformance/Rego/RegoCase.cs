using System.Text.Json.Nodes;
using Nacre.Rego;

namespace Nacre.ConformanceTests.Rego;

/// <summary>One case of a set: what to ask, and what must come of it.</summary>
public sealed record RegoCase
{
    /// <summary>Set, file, number in the file and the case's own name.</summary>
    public required string Id { get; init; }

    /// <summary>Set and folder.</summary>
    public required string Category { get; init; }

    public required string Query { get; init; }

    public required RegoSyntax Syntax { get; init; }

    public IReadOnlyList<string> Modules { get; init; } = [];

    public RegoValue? Data { get; init; }

    public RegoValue? Input { get; init; }

    public string? InputTerm { get; init; }

    public bool IsEitherSyntax { get; init; }

    public bool IsStrict { get; init; }

    public string? WantErrorCode { get; init; }

    /// <summary>A part of the message; empty: any error.</summary>
    public string? WantError { get; init; }

    public bool? WantDefined { get; init; }

    /// <summary>A list of bindings.</summary>
    public JsonArray? WantBindings { get; init; }

    public bool SortBindings { get; init; }

    /// <summary>The value of the query; used where there are no bindings.</summary>
    public RegoValue? WantValue { get; init; }

    public bool WantNoResult { get; init; }

    public override string ToString() => Id;
}
