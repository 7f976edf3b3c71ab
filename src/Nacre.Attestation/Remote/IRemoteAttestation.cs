using Nacre.Attestation.Policies;

namespace Nacre.Attestation.Remote;

/// <summary>
/// A service elsewhere that verifies evidence and signs tokens (trust.md 2.12). Its tokens are believed only as <see cref="TokenTrust"/> says.
/// </summary>
public interface IRemoteAttestation : IAttestationBackend, IRemoteReferences, IDisposable
{
    /// <summary>Where it is.</summary>
    string Address { get; }

    /// <exception cref="RemoteRefusalException">It does not take it.</exception>
    /// <exception cref="AttestationUnavailableException">It does not answer.</exception>
    Task SetPolicyAsync(PolicyDocument policy, CancellationToken cancel);
}
