using Nacre.Attestation;
using Nacre.Attestation.Policies;
using Nacre.KeyBroker.Admin;
using Nacre.KeyBroker.Attempts;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Policies;
using Nacre.KeyBroker.ReferenceValues;
using Nacre.KeyBroker.Resources;
using Nacre.KeyBroker.Sessions;
using Nacre.Storage;
using Nacre.Verifiers.Tpm;

namespace Nacre.KeyBroker;

/// <summary>The key broker without its web server: puts the features together over one store and lists their routes.</summary>
public sealed class Broker : IDisposable
{
    private readonly AttestationService _attestation;
    private readonly PolicyStore<ReleasePolicy> _policies;
    private readonly SessionSealer _sealer;

    private Broker(AttestationService attestation, PolicyStore<ReleasePolicy> policies, SessionSealer sealer, AdminToken admin, RouteTable routes) =>
        (_attestation, _policies, _sealer, Admin, Routes) = (attestation, policies, sealer, admin, routes);

    public AdminToken Admin { get; }

    public RouteTable Routes { get; }

    /// <summary>The store and the attestation service stay the caller's; the attestation service is disposed with this object.</summary>
    public static async Task<Broker> OpenAsync(
        OpenedStore opened, AttestationService attestation, EkRoots ekRoots, AdminToken admin, BrokerOptions options, TimeProvider clock,
        CancellationToken cancel)
    {
        var store = opened.Values;
        var policies = new PolicyStore<ReleasePolicy>(store, "kbs", "", ReleasePolicy.Compile);
        await policies.SetDefaultsAsync([ReleasePolicy.Default], cancel);
        var sealer = await SessionSealer.OpenAsync(store, cancel);
        var sessions = new SessionClaims(store, sealer, clock);
        var attempts = new AttemptStore(store);
        var keyProofs = new KeyProofs(ekRoots, attestation.References, attempts, options);
        var guests = new GuestSessions(sealer, sessions, attestation.Signer, clock);

        var routes = new RouteTable(
        [
            .. HandshakeRoutes.Create(new HandshakeService(attestation, sealer, sessions, keyProofs, attempts, opened.Replays, options, clock)),
            .. ResourceRoutes.Create(new ResourceService(new ResourceStore(store), policies, guests, attempts, options, clock)),
            .. new PolicyRoutes(attestation.Policies, policies).Create(),
            .. new ReferenceValueRoutes(attestation.References, attestation.ReferenceTrust, clock).Create(),
            .. AttemptRoutes.Create(attempts),
            .. HealthRoutes.Create(store),
        ]);
        return new Broker(attestation, policies, sealer, admin, routes);
    }

    public void Dispose()
    {
        _attestation.Dispose();
        _policies.Dispose();
        _sealer.Dispose();
    }
}
