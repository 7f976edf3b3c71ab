namespace Nacre.Rego;

/// <summary>A builtin cannot give a result. Its value is then undefined, or the evaluation ends (<see cref="RegoInput.StrictBuiltinErrors"/>).</summary>
#pragma warning disable CA1032 // The code is always needed.
public sealed class RegoBuiltinException : Exception
#pragma warning restore CA1032
{
    public RegoBuiltinException(string message)
        : this(RegoErrorCode.Builtin, message)
    {
    }

    internal RegoBuiltinException(string code, string message)
        : base(message) => Code = code;

    public string Code { get; }

    /// <summary>Ends the evaluation even where builtin errors do not.</summary>
    public bool IsFatal { get; init; }
}
