using Microsoft.Extensions.Logging;
using Nacre.Attestation;
using Nacre.Attestation.Policies;
using Nacre.KeyBroker.Admin;
using Nacre.KeyBroker.Approvals;
using Nacre.KeyBroker.Attempts;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Metrics;
using Nacre.KeyBroker.Policies;
using Nacre.KeyBroker.ReferenceValues;
using Nacre.KeyBroker.Resources;
using Nacre.KeyBroker.Sessions;
using Nacre.KeyBroker.Tenants;
using Nacre.KeyBroker.Tokens;
using Nacre.Storage;
using Nacre.Verifiers.Tpm;

namespace Nacre.KeyBroker;

/// <summary>The key broker without its web server: puts the features together over one store and lists their routes.</summary>
public sealed class Broker : IAsyncDisposable
{
    private readonly AttestationService _attestation;
    private readonly PolicyStore<ReleasePolicy> _policies;
    private readonly SessionSealer _sealer;
    private readonly DecisionStore _decisions;

    private Broker(
        AttestationService attestation, PolicyStore<ReleasePolicy> policies, SessionSealer sealer, DecisionStore decisions,
        AuditTrail trail, RouteTable routes) =>
        (_attestation, _policies, _sealer, _decisions, Trail, Routes) = (attestation, policies, sealer, decisions, trail, routes);

    /// <summary>Serves the routes.</summary>
    public AuditTrail Trail { get; }

    public RouteTable Routes { get; }

    public required RateLimit Limit { get; init; }

    public required BrokerMetrics Metrics { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>
    /// The store and the audit record stay the caller's; the attestation service is disposed with this object. For a tenant the store is
    /// its part of one.
    /// </summary>
    public static async Task<Broker> OpenAsync(
        OpenedStore opened, AttestationService attestation, EkRoots ekRoots, AdminAuthority admin, AuditLog audit,
        BrokerOptions options, TimeProvider clock, BrokerMetrics metrics, ILogger log,
        CancellationToken cancel, TenantRecord? tenant = null)
    {
        var store = opened.Values;
        var policies = new PolicyStore<ReleasePolicy>(store, "kbs", "", ReleasePolicy.Compile);
        await policies.SetDefaultsAsync([ReleasePolicy.Default], clock.GetUtcNow(), cancel);
        var sealer = await SessionSealer.OpenAsync(store, cancel);
        var sessions = new SessionClaims(store, sealer, clock);
        var attempts = new AttemptStore(store);
        var decisions = new DecisionStore(store, clock, log);
        var keyProofs = new KeyProofs(ekRoots, attempts, options);
        var guests = new GuestSessions(sealer, sessions, attestation.Signer, clock);

        var routes = new RouteTable(
        [
            .. HandshakeRoutes.Create(new HandshakeService(
                attestation, sealer, sessions, keyProofs, attempts, decisions, opened.Replays, metrics, options, clock)),
            .. ResourceRoutes.Create(new ResourceService(
                new ResourceStore(store), policies, guests, attempts, audit, decisions, options, clock)),
            .. new PolicyRoutes(attestation.Policies, policies, new ProposalStore(store), options, clock).Create(),
            .. new PolicyDryRun(decisions, attestation.Policies, policies, attestation.References, clock).Create(),
            .. new ReferenceValueRoutes(attestation.References, attestation.ReferenceTrust, clock).Create(),
            .. new TokenKeyRoutes(attestation.Signer).Create(),
            .. AttemptRoutes.Create(attempts),
            .. new AdminTokenRoutes(admin.Signer, clock).Create(),
            .. new AuditRoutes(audit.Directory, tenant is null ? new AuditAnchors(store) : null, tenant?.Name).Create(),
            .. tenant is null ? ServerRoutes(store, clock) : [],
        ]);
        return new Broker(attestation, policies, sealer, decisions, new AuditTrail(audit, tenant?.Name, admin, metrics, clock), routes)
        {
            Limit = new RateLimit(options.RateLimit, clock),
            Metrics = metrics,
            Clock = clock,
        };
    }

    /// <summary>What concerns all tenants, and none of them has.</summary>
    private static IEnumerable<Route> ServerRoutes(IKeyValueStore store, TimeProvider clock) =>
        [.. new TenantRoutes(new TenantRecords(store, clock), store, clock).Create(), .. HealthRoutes.Create(store)];

    public async ValueTask DisposeAsync()
    {
        await _decisions.DisposeAsync();
        _attestation.Dispose();
        _policies.Dispose();
        _sealer.Dispose();
    }
}
