namespace Nacre.Rego;

/// <summary>What a policy may cost. Exceeding one ends in an error of its own code (<c>limit_…</c>), never in a crash or a hang.</summary>
public sealed record RegoLimits
{
    public static readonly RegoLimits Default = new();

    /// <summary>Characters of all sources of one program together; <c>limit_source_size</c>.</summary>
    public int MaxSourceBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Depth of terms and bodies in a source, and of rules calling rules; <c>limit_nesting</c>.</summary>
    public int MaxNesting { get; init; } = 400;

    /// <summary>Elements looked at, rules tried and calls made in one evaluation; <c>limit_steps</c>.</summary>
    public long MaxSteps { get; init; } = 50_000_000;

    /// <summary>Bytes, roughly, of all collections and strings that one evaluation makes; <c>limit_result_size</c>.</summary>
    public long MaxResultBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Time for one evaluation; <c>limit_deadline</c>.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);
}
