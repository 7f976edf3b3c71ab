using Microsoft.Extensions.Logging;
using Nacre.Attestation.Policies;
using Nacre.KeyBroker.Admin;
using Nacre.KeyBroker.Approvals;
using Nacre.KeyBroker.Attempts;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Backends;
using Nacre.KeyBroker.Health;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Metrics;
using Nacre.KeyBroker.OpenApi;
using Nacre.KeyBroker.Plugins;
using Nacre.KeyBroker.Plugins.SecretManagers;
using Nacre.KeyBroker.Policies;
using Nacre.KeyBroker.Releases;
using Nacre.KeyBroker.Resources;
using Nacre.KeyBroker.Sessions;
using Nacre.KeyBroker.Tenants;
using Nacre.Storage;
using Nacre.Verifiers.Tpm;

namespace Nacre.KeyBroker;

/// <summary>The key broker without its web server: puts the features together over one store and lists their routes.</summary>
public sealed class Broker : IAsyncDisposable
{
    private readonly BrokerBackend _backend;
    private readonly PolicyStore<ReleasePolicy> _policies;
    private readonly SessionSealer _sealer;
    private readonly AttemptStore _attempts;
    private readonly DecisionStore _decisions;
    private readonly ResourceBackends _resources;
    private readonly IReadOnlyList<IPlugin> _plugins;

    private Broker(
        BrokerBackend backend, PolicyStore<ReleasePolicy> policies, SessionSealer sealer, AttemptStore attempts, DecisionStore decisions,
        ResourceBackends resources, IReadOnlyList<IPlugin> plugins, AuditTrail trail, RouteTable routes)
    {
        (_backend, _policies, _sealer, _attempts, _decisions) = (backend, policies, sealer, attempts, decisions);
        (_resources, _plugins, Trail, Routes) = (resources, plugins, trail, routes);
    }

    /// <summary>Serves the routes.</summary>
    public AuditTrail Trail { get; }

    public RouteTable Routes { get; }

    public required RateLimit Limit { get; init; }

    public required BrokerMetrics Metrics { get; init; }

    public required ServerHealth Health { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>
    /// The store and the audit record stay the caller's; the backend is disposed with this object. For a tenant the store is its part of one.
    /// </summary>
    public static async Task<Broker> OpenAsync(
        OpenedStore opened, BrokerBackend backend, EkRoots ekRoots, AdminAuthority admin, AuditLog audit, ServerHealth health,
        BrokerOptions options, TimeProvider clock, BrokerMetrics metrics, ILogger log,
        CancellationToken cancel, TenantRecord? tenant = null)
    {
        var store = opened.Values;
        var policies = new PolicyStore<ReleasePolicy>(store, "kbs", "", ReleasePolicy.Compile);
        await policies.SetDefaultsAsync([ReleasePolicy.Default], clock.GetUtcNow(), cancel);
        var sealer = await SessionSealer.OpenAsync(store, cancel);
        var sessions = new SessionClaims(store, sealer, clock);
        var attempts = new AttemptStore(store, clock, log);
        var decisions = new DecisionStore(store, clock, log);
        var keyProofs = new KeyProofs(ekRoots, attempts, options);
        var guests = new GuestSessions(sealer, sessions, backend.Tokens, clock);
        var gate = new ReleaseGate(policies, guests, attempts, audit, decisions, metrics, options, clock);
        var settings = tenant is null ? options.Plugins : PluginList.OfTenants(options.Plugins);
        var resources = ResourceBackends.Open(settings, clock);
        var released = new ResourceService(new ResourceStore(store), resources, gate, clock);
        var plugins = await PluginList.OpenAsync(settings, new PluginServices(gate, store, clock, metrics), cancel);

        var routes = new RouteTable(OpenApiRoutes.Complete(
        [
            .. HandshakeRoutes.Create(new HandshakeService(
                backend.Attestation, backend.Tokens, sealer, sessions, keyProofs, attempts, decisions, opened.Replays, metrics, options, clock)),
            .. ResourceRoutes.Create(released),
            .. plugins.SelectMany(plugin => plugin.Routes),
            .. new PolicyRoutes(backend.Policies, policies, new ProposalStore(store), options, clock).Create(),
            .. new PolicyDryRun(decisions, backend.BuiltIn, policies, released, clock).Create(),
            .. backend.Routes(clock),
            .. AttemptRoutes.Create(attempts),
            .. new AdminTokenRoutes(admin.Signer, clock).Create(),
            .. new AuditRoutes(audit.Directory, tenant is null ? new AuditAnchors(store) : null, tenant?.Name).Create(),
            .. tenant is null ? ServerRoutes(store, health, clock) : [],
        ]));
        return new Broker(
            backend, policies, sealer, attempts, decisions, resources, plugins, new AuditTrail(audit, tenant?.Name, admin, metrics, clock), routes)
        {
            Limit = new RateLimit(options.RateLimit, clock),
            Metrics = metrics,
            Health = health,
            Clock = clock,
        };
    }

    /// <summary>What concerns all tenants, and none of them has.</summary>
    private static IEnumerable<Route> ServerRoutes(IKeyValueStore store, ServerHealth health, TimeProvider clock) =>
        [.. new TenantRoutes(new TenantRecords(store, clock), store, clock).Create(), .. HealthRoutes.Create(health)];

    public async ValueTask DisposeAsync()
    {
        foreach (var plugin in _plugins)
            await plugin.DisposeAsync();
        _resources.Dispose();
        await _attempts.DisposeAsync();
        await _decisions.DisposeAsync();
        _backend.Dispose();
        _policies.Dispose();
        _sealer.Dispose();
    }
}
