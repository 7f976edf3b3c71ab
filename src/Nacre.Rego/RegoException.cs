namespace Nacre.Rego;

/// <summary>A policy that does not compile, or an evaluation that ended in an error. Programs read <see cref="Errors"/>.</summary>
#pragma warning disable CA1032 // Without an error it would say nothing.
public sealed class RegoException : Exception
#pragma warning restore CA1032
{
    public RegoException(RegoError error)
        : this([error])
    {
    }

    public RegoException(IReadOnlyList<RegoError> errors)
        : base(string.Join('\n', errors.Select(error => error.ToString()))) => Errors = errors;

    /// <summary>At least one, in the order of the source.</summary>
    public IReadOnlyList<RegoError> Errors { get; }

    public string Code => Errors[0].Code;
}
