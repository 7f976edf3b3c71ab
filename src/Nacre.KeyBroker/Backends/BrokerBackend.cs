using Nacre.Attestation;
using Nacre.Attestation.Policies;
using Nacre.Attestation.Remote;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Policies;
using Nacre.KeyBroker.ReferenceValues;
using Nacre.KeyBroker.Tokens;

namespace Nacre.KeyBroker.Backends;

/// <summary>
/// Who verifies evidence for a key broker, with everything that depends on it: tokens, attestation policies, reference values and their
/// routes.
/// </summary>
public sealed class BrokerBackend : IDisposable
{
    private readonly IDisposable _service;

    private BrokerBackend(
        IDisposable service, IAttestationBackend attestation, IGuestTokens tokens, PolicySet policies,
        Func<TimeProvider, IEnumerable<Route>> routes) =>
        (_service, Attestation, Tokens, Policies, Routes) = (service, attestation, tokens, policies, routes);

    public IAttestationBackend Attestation { get; }

    /// <summary>Null when a service elsewhere does it.</summary>
    public AttestationService? BuiltIn => _service as AttestationService;

    public IGuestTokens Tokens { get; }

    internal PolicySet Policies { get; }

    /// <summary>Of reference values and of token keys.</summary>
    internal Func<TimeProvider, IEnumerable<Route>> Routes { get; }

    /// <summary>The Attestation Service of this process, which is disposed with this object.</summary>
    /// <param name="service">Does the work.</param>
    /// <param name="others">Whose tokens guests may bring besides.</param>
    public static BrokerBackend Of(AttestationService service, TokenTrust? others) => new(
        service, service, new OwnTokens(service.Signer, others),
        new PolicySet<AttestationPolicy>("attestation", service.Policies, PolicyDocument.IsId, policy => policy.Warnings()),
        clock =>
        [
            .. service.RemoteReferences is { } references
                ? new RemoteReferenceRoutes(references).Create()
                : new ReferenceValueRoutes(service.References, service.ReferenceTrust, clock).Create(),
            .. new TokenKeyRoutes(service.Signer).Create(),
        ]);

    /// <summary>A service elsewhere.</summary>
    /// <exception cref="FormatException">Its address is none.</exception>
    public static BrokerBackend Elsewhere(RemoteOptions options, TimeProvider clock)
    {
        IRemoteAttestation remote = options switch
        {
            GrpcAttestationOptions grpc => new GrpcAttestation(grpc, clock),
            IntelTrustAuthorityOptions intel => new IntelTrustAuthority(intel, clock),
            _ => throw new ArgumentException($"{options.GetType()} is not known", nameof(options)),
        };
        return new(remote, remote, new GivenTokens(options.Trust), new RemotePolicySet(remote), _ => new RemoteReferenceRoutes(remote).Create());
    }

    public void Dispose() => _service.Dispose();
}
