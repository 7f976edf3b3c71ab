namespace Nacre.Attesters.Tpm;

/// <summary>No TPM answers at the endpoint, or what answers is none.</summary>
public sealed class TpmUnavailableException : Exception
{
    public TpmUnavailableException(TpmEndpoint endpoint, string reason)
        : this(endpoint, reason, innerException: null)
    {
    }

    public TpmUnavailableException(TpmEndpoint endpoint, string reason, Exception? innerException)
        : base($"TPM at {endpoint}: {reason}", innerException) => Endpoint = endpoint;

    public TpmEndpoint Endpoint { get; }
}
