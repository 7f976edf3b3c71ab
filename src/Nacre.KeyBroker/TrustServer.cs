using Microsoft.Extensions.Logging;
using Nacre.Attestation;
using Nacre.Attestation.Services;
using Nacre.Formats;
using Nacre.KeyBroker.Admin;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Audit.Export;
using Nacre.KeyBroker.Backends;
using Nacre.KeyBroker.Health;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Metrics;
using Nacre.KeyBroker.Tenants;
using Nacre.KeyBroker.Tls;
using Nacre.Storage;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral;

namespace Nacre.KeyBroker;

/// <summary>
/// <c>nacre serve</c>: attestation service, reference values and key broker in one process over one data directory. Several may share the
/// directory; what one acknowledges the others see.
/// </summary>
public sealed class TrustServer : IAsyncDisposable, IStoppingServer
{
    private readonly OpenedParts _opened;
    private readonly BrokerServer _web;
    private readonly TenantBrokers _brokers;
    private readonly ServiceListeners? _services;
    private readonly MetricsServer? _metricsServer;

    private TrustServer(
        OpenedParts opened, BrokerServer web, TenantBrokers brokers, ServiceListeners? services, MetricsServer? metricsServer) =>
        (_opened, _web, _brokers, _services, _metricsServer) = (opened, web, brokers, services, metricsServer);

    /// <summary>With the real port.</summary>
    public Uri Url => _web.Url;

    /// <summary>With the real port; null when there are none.</summary>
    public Uri? MetricsUrl => _metricsServer?.Url;

    /// <summary>Other services and where they are, with the real ports.</summary>
    public IReadOnlyList<(string Service, string Address)> Services => _services?.Addresses ?? [];

    /// <summary>Everything it serves, and to whom.</summary>
    public IReadOnlyList<Route> Routes => _brokers.Server.Routes.Routes;

    /// <summary>The file that clients are given to trust this server.</summary>
    public static string CaPath(string dataDirectory) => Path.Combine(dataDirectory, "ca.pem");

    /// <summary>The file that the administrator keeps.</summary>
    public static string AdminTokenPath(string dataDirectory) => Path.Combine(dataDirectory, "admin-token");

    /// <summary>The database, unless the store is another.</summary>
    public static string StorePath(string dataDirectory) => Path.Combine(dataDirectory, "store.db");

    /// <summary>The file with the key that opens the store.</summary>
    public static string MasterKeyPath(string dataDirectory) => Path.Combine(dataDirectory, "master.key");

    /// <summary>Where the audit record is, unless another place is given.</summary>
    public static string AuditDirectory(string dataDirectory) => Path.Combine(dataDirectory, "audit");

    /// <exception cref="TrustServerException">It cannot start; one line says why.</exception>
    public static async Task<TrustServer> StartAsync(TrustServerOptions options, CancellationToken cancel)
    {
        if (options.Url.Scheme is not ("https" or "http"))
            throw new TrustServerException($"'{options.Url}' is no address to listen on; use https://127.0.0.1:8080");
        if (options.Url.Scheme == "http" && !options.Development)
            throw new TrustServerException($"'{options.Url}' has no TLS; use https, or --development for tests on one machine");

        if (options is { Backend: not null, Services.Any: true } or { Backend: not null, ReferencesAddress: not null })
        {
            throw new TrustServerException(
                "evidence is verified by another service, so there is no Attestation Service here to serve or to give reference values; "
                + "leave one of them away");
        }

        if (options is { AdminMode: AdminMode.AllowAll, Development: false })
            throw new TrustServerException("everybody would administer; that is for --development only");

        options.RequireMetricsUrl();

        if (options.Backend is not null && options.Broker.RequiredApprovals > 0)
            throw new TrustServerException("policies cannot need approval (--require-approvals) where another service keeps them (--as-addr)");

        // A certificate for callers in general must not be taken for one of administrators.
        if (options.Tls.ClientAuthoritiesFile is not null && options.AdminCertificates is not null)
            throw new TrustServerException("client certificates are either of all callers (--tls-client-ca) or of administrators (--admin-client-ca)");

        var opened = new OpenedParts();
        try
        {
            return await StartAsync(options, opened, cancel);
        }
        catch (Exception e)
        {
            await opened.DisposeAsync();
            throw Translate(options, e);
        }
    }

    public void BeginDrain() => _brokers.Server.Health.BeginDrain();

    public Task StopAsync(CancellationToken cancel) =>
        Task.WhenAll(_web.StopAsync(cancel), _services is null ? Task.CompletedTask : _services.StopAsync(cancel));

    public ValueTask DisposeAsync() => _opened.DisposeAsync();

    private static async Task<TrustServer> StartAsync(TrustServerOptions options, OpenedParts opened, CancellationToken cancel)
    {
        foreach (var source in (IEnumerable<IDisposable>)[.. options.AdminIssuers.OfType<IDisposable>(), .. options.TokenTrust?.Published ?? []])
            opened.KeepPlain(source);
        var metrics = opened.KeepPlain(new BrokerMetrics());
        var places = opened.Keep(await ServerStore.OpenAsync(options, cancel));
        var store = new MeasuredStore(places.Values, metrics, options.Clock);

        var revocation = options.AdminCertificates is { RevocationFiles.Count: > 0 } certificates
            ? ClientRevocation.Open(certificates, options.Clock, options.Logs.CreateLogger<ClientRevocation>()) : null;
        if (revocation is not null)
        {
            opened.Keep(revocation);
            options = options with { AdminCertificates = options.AdminCertificates! with { Revocation = revocation } };
        }

        var admin = new AdminAuthority(
            await AdminToken.OpenAsync(store, AdminTokenPath(options.DataDirectory), cancel),
            await AdminTokenSigner.OpenAsync(store, null, cancel), options.AdminIssuers, options.AdminCertificates, options.Clock)
        {
            Mode = options.AdminMode,
        };
        var isHttps = options.Url.Scheme == "https";
        var certificate = isHttps && options.Tls.CertificateFile is null || options.Services.NeedTls && options.ServiceTls.CertificateFile is null
            ? opened.KeepPlain(await ServerCertificate.OpenAsync(store, CaPath(options.DataDirectory), Hosts(options), options.Clock, cancel)) : null;
        var tls = isHttps ? opened.Keep(ServerTls.Open(options.Tls, certificate, options.Clock, options.Logs.CreateLogger<ServerTls>())) : null;
        var serviceTls = options.Services.NeedTls
            ? opened.Keep(ServerTls.Open(options.ServiceTls, certificate, options.Clock, options.Logs.CreateLogger<ServerTls>())) : null;
        var collateralOptions = options.Collateral ?? new() { CacheFolder = Path.Combine(options.DataDirectory, "collateral") };
        var trouble = new CollateralTrouble(options.Logs.CreateLogger<CollateralSources>(), options.Clock);
        var collateral = opened.Keep(new CollateralSources(collateralOptions, options.Clock, trouble.Tell));
        var verifiers = VerifierList.Create(collateral.AddTo(new() { AllowSampleEvidence = options.Development }));
        var backend = options.Backend is { } elsewhere
            ? BrokerBackend.Elsewhere(elsewhere, options.Clock)
            : BrokerBackend.Of(await AttestationService.OpenAsync(store, verifiers, options.Attestation, options.Clock, cancel), options.TokenTrust);
        var watch = opened.Keep(ReferenceWatch.Begin(backend.BuiltIn is { RemoteReferences: null } own ? own.References : null, cancel));
        var audit = opened.Keep(await AuditLog.OpenAsync(
            store, (options.Audit ?? new() { Directory = AuditDirectory(options.DataDirectory) }) with { Flushed = metrics.AuditFlush },
            options.Clock, options.Logs.CreateLogger<AuditLog>(), cancel));
        if (options.AuditExport is { } export)
            opened.Keep(new AuditExporter(audit, store, export, options.Clock, options.Logs.CreateLogger<AuditExporter>()));
        var health = opened.KeepPlain(new ServerHealth(
            HealthParts.Create(store, audit, backend.BuiltIn?.Signer, collateralOptions, trouble, options.Clock), options.Clock,
            options.Logs.CreateLogger<ServerHealth>()));
        var broker = opened.Keep(await Broker.OpenAsync(
            places.With(store), backend, options.TpmRoots, admin, audit, health, options.Broker, options.Clock, metrics,
            options.Logs.CreateLogger<Broker>(), cancel));
        var tenants = opened.Keep(new TenantBrokers(
            broker, new TenantRecords(store, options.Clock), new TenantOpener(places.With(store), verifiers, audit, health, metrics, options).OpenAsync,
            options.Clock));
        var web = opened.Keep(await BrokerServer.StartAsync(
            tenants, options.Url, options.MoreAddresses,
            tls is null ? null : () => AdminClientCertificates.Take(tls.ForConnection(), options.AdminCertificates?.Authorities), options.Logs, cancel));
        var services = backend.BuiltIn is not { } attestation ? null : opened.Keep(await ServiceListeners.StartAsync(
            options.Services, attestation, attestation.References, attestation.ReferenceTrust,
            serviceTls is null ? null : serviceTls.ForConnection, new ServiceState(health, metrics, audit, options.Clock), options.Clock, options.Logs, cancel));
        await watch.StartedAsync(metrics, options.Clock);
        var metricsServer = options.MetricsUrl is null ? null
            : opened.Keep(await MetricsServer.StartAsync(
                options.MetricsUrl, metrics, isBroker: true, health, watch.RefreshAsync, options.Logs, cancel));
        await places.StartedAsync();
        return new TrustServer(opened, web, tenants, services, metricsServer);
    }

    internal static List<string> Hosts(TrustServerOptions options) =>
        [.. ((string[])["localhost", "127.0.0.1", "::1", options.Url.Host.Trim('[', ']'),
            .. options.MoreAddresses.Select(address => $"{address.Address}"), .. options.Services.TlsHosts]).Distinct()];

    internal static Exception Translate(TrustServerOptions options, Exception e) => e switch
    {
        StoreException or AuditException or MalformedDataException or FormatException or TlsFileException => new TrustServerException(e.Message, e),
        UnauthorizedAccessException => new TrustServerException(
            $"the data directory '{options.DataDirectory}' cannot be written: {e.Message}; choose another with --data", e),
        IOException => new TrustServerException(Explain(options, e), e),
        _ => e,
    };

    private static string Explain(TrustServerOptions options, Exception e)
    {
        var text = e.Message.ReplaceLineEndings(" ");
        return text.Contains("in use", StringComparison.OrdinalIgnoreCase)
            ? $"the address {options.Url.GetLeftPart(UriPartial.Authority)} is in use by another program; choose another port with --url, or port 0 for a free one"
            : $"cannot start with --url {options.Url.GetLeftPart(UriPartial.Authority)} and --data {options.DataDirectory}: {text}";
    }
}
