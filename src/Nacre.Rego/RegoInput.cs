namespace Nacre.Rego;

/// <summary>What one evaluation works on.</summary>
public sealed record RegoInput
{
    /// <summary>The document <c>input</c>; null: undefined.</summary>
    public RegoValue? Input { get; init; }

    /// <summary>The base document <c>data</c>, an object; null: empty.</summary>
    public RegoValue? Data { get; init; }

    /// <summary>Handed to the host's builtins as <see cref="HostCall.State"/>.</summary>
    public object? State { get; init; }

    /// <summary>What <c>time.now_ns</c> gives; null: the time of <see cref="RegoOptions.Clock"/>.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>A builtin that fails ends the evaluation in its error; otherwise its result is undefined, as in OPA.</summary>
    public bool StrictBuiltinErrors { get; init; }

    /// <summary>Null: those of the program.</summary>
    public RegoLimits? Limits { get; init; }

    /// <summary>Paths such as <c>input.secret</c> whose values no explanation may show.</summary>
    public IReadOnlyList<string> Redact { get; init; } = [];

    /// <summary>Receives what <c>print</c> prints; null: nothing is printed.</summary>
    public Action<string>? Print { get; init; }
}

/// <summary>One solution of a query.</summary>
/// <param name="Expressions">The value of each expression of the query, in order.</param>
/// <param name="Variables">The variables of the query and their values.</param>
public sealed record RegoBinding(IReadOnlyList<RegoValue> Expressions, IReadOnlyList<KeyValuePair<string, RegoValue>> Variables);
