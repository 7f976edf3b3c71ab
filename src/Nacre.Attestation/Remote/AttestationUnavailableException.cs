namespace Nacre.Attestation.Remote;

/// <summary>An attestation service elsewhere does not answer, or not as one; worth trying again later.</summary>
/// <param name="service">Where it is, for the log.</param>
/// <param name="reason">Why, in words that may be told to whoever asked.</param>
/// <param name="innerException">What was seen.</param>
public sealed class AttestationUnavailableException(string service, string reason, Exception? innerException = null)
    : Exception($"the attestation service {service} is not available: {reason}", innerException)
{
    public string Reason { get; } = reason;
}

/// <summary>A service elsewhere answered and refused to do what the administrator asked of it.</summary>
public sealed class RemoteRefusalException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether it is this server that may not do it.</summary>
    public bool IsForbidden { get; init; }

    /// <summary>Whether the service has no such call at all.</summary>
    public bool IsUnsupported { get; init; }
}
