namespace Nacre.Attestation.Remote;

/// <summary>Reference values that a service elsewhere keeps, as far as upstream's contract goes (trust.md 4.1).</summary>
public interface IRemoteReferences
{
    /// <summary>Registers reference values.</summary>
    /// <param name="message">JSON text (trust.md 4.2).</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="RemoteRefusalException">It does not take it.</exception>
    /// <exception cref="AttestationUnavailableException">It does not answer.</exception>
    Task RegisterAsync(string message, CancellationToken cancel);

    /// <summary>JSON text of a reference value; null when there is none of that name.</summary>
    /// <exception cref="RemoteRefusalException">It does not answer that.</exception>
    /// <exception cref="AttestationUnavailableException">It does not answer.</exception>
    Task<string?> QueryAsync(string name, CancellationToken cancel);
}
