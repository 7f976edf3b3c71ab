namespace Nacre.Verifiers.Collateral;

/// <summary>Collateral could not be had. The evidence is then neither good nor bad: ask again when the service answers.</summary>
public sealed class CollateralUnavailableException : Exception
{
    public CollateralUnavailableException(string what, string where, string reason, Exception? innerException = null)
        : base($"{what} could not be had from {where}: {reason}", innerException) => (What, Where, Reason) = (what, where, reason);

    public string What { get; }

    /// <summary>URL or path.</summary>
    public string Where { get; }

    public string Reason { get; }

    /// <summary>How long the service asked to be left alone; null when it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
