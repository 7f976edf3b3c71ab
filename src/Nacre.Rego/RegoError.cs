namespace Nacre.Rego;

/// <summary>The codes are OPA's, where OPA has one; the limits have their own.</summary>
public static class RegoErrorCode
{
    public const string Parse = "rego_parse_error";
    public const string Compile = "rego_compile_error";
    public const string Type = "rego_type_error";
    public const string UnsafeVariable = "rego_unsafe_var_error";
    public const string Recursion = "rego_recursion_error";
    public const string Conflict = "eval_conflict_error";
    public const string EvalType = "eval_type_error";
    public const string Builtin = "eval_builtin_error";
    public const string Internal = "eval_internal_error";
    public const string WithMerge = "eval_with_merge_error";
    public const string Cancelled = "eval_cancel_error";

    /// <summary>A document given as data or input is not JSON.</summary>
    public const string Json = "json_error";

    public const string LimitSource = "limit_source_size";
    public const string LimitNesting = "limit_nesting";
    public const string LimitSteps = "limit_steps";
    public const string LimitResult = "limit_result_size";
    public const string LimitDeadline = "limit_deadline";
}

/// <summary>One thing wrong with a policy, or with its evaluation.</summary>
/// <param name="Code">One of <see cref="RegoErrorCode"/>.</param>
/// <param name="File">Name of the source; empty for a query or where there is none.</param>
/// <param name="Line">From 1; 0 where there is no place.</param>
/// <param name="Column">From 1.</param>
/// <param name="Text">The line or expression at that place.</param>
/// <param name="Message">What is wrong, and with what.</param>
public sealed record RegoError(string Code, string File, int Line, int Column, string Text, string Message)
{
    public override string ToString() => Line == 0 ? $"{Code}: {Message}" : $"{File}:{Line}: {Code}: {Message}";
}
