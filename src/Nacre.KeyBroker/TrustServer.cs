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
public sealed class TrustServer : IAsyncDisposable
{
    private readonly BrokerServer _web;
    private readonly TenantBrokers _brokers;
    private readonly ServerCertificate? _certificate;
    private readonly ServerTls? _tls;
    private readonly ServerHealth _health;
    private readonly ServerStore _store;
    private readonly ServiceListeners? _services;
    private readonly CollateralSources _collateral;
    private readonly AuditLog _audit;
    private readonly BrokerMetrics _metrics;
    private readonly MetricsServer? _metricsServer;
    private readonly IReadOnlyList<IAdminTokenSource> _adminIssuers;
    private readonly AuditExporter? _exporter;

    private TrustServer(
        BrokerServer web, TenantBrokers brokers, ServerCertificate? certificate, ServerTls? tls, ServerStore store, ServiceListeners? services,
        CollateralSources collateral, AuditLog audit, BrokerMetrics metrics, MetricsServer? metricsServer,
        IReadOnlyList<IAdminTokenSource> adminIssuers, AuditExporter? exporter)
    {
        (_web, _brokers, _health, _certificate, _tls) = (web, brokers, brokers.Server.Health, certificate, tls);
        (_store, _services) = (store, services);
        (_collateral, _audit, _metrics, _metricsServer) = (collateral, audit, metrics, metricsServer);
        (_adminIssuers, _exporter) = (adminIssuers, exporter);
    }

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

        if (options.MetricsUrl is { Scheme: not "http" })
            throw new TrustServerException($"'{options.MetricsUrl}' is no address for metrics; use http://127.0.0.1:9464");

        if (options.Backend is not null && options.Broker.RequiredApprovals > 0)
            throw new TrustServerException("policies cannot need approval (--require-approvals) where another service keeps them (--as-addr)");

        // A certificate for callers in general must not be taken for one of administrators.
        if (options.Tls.ClientAuthoritiesFile is not null && options.AdminCertificates is not null)
            throw new TrustServerException("client certificates are either of all callers (--tls-client-ca) or of administrators (--admin-client-ca)");

        var opened = new Stack<IAsyncDisposable>();
        try
        {
            return await StartAsync(options, opened, cancel);
        }
        catch (Exception e)
        {
            while (opened.TryPop(out var resource))
                await resource.DisposeAsync();
            throw Translate(options, e);
        }
    }

    /// <summary>From now on <c>/readyz</c> says that nothing new should come here; everything is still served.</summary>
    public void BeginDrain() => _health.BeginDrain();

    /// <summary>Takes no new connections, waits for the requests that run, then closes the store.</summary>
    public Task StopAsync(CancellationToken cancel) => _web.StopAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        if (_metricsServer is not null)
            await _metricsServer.DisposeAsync();
        if (_services is not null)
            await _services.DisposeAsync();
        await _web.DisposeAsync();
        await _brokers.DisposeAsync();
        await _brokers.Server.DisposeAsync();
        if (_tls is not null)
            await _tls.DisposeAsync();
        _certificate?.Dispose();
        _health.Dispose();
        await _collateral.DisposeAsync();
        if (_exporter is not null)
            await _exporter.DisposeAsync();
        await _audit.DisposeAsync();
        await _store.DisposeAsync();
        _metrics.Dispose();
        foreach (var issuer in _adminIssuers.OfType<IDisposable>())
            issuer.Dispose();
    }

    private static async Task<TrustServer> StartAsync(TrustServerOptions options, Stack<IAsyncDisposable> opened, CancellationToken cancel)
    {
        var places = await ServerStore.OpenAsync(options, cancel);
        opened.Push(places);
        var metrics = new BrokerMetrics();
        var store = new MeasuredStore(places.Values, metrics, options.Clock);

        var admin = new AdminAuthority(
            await AdminToken.OpenAsync(store, AdminTokenPath(options.DataDirectory), cancel),
            await AdminTokenSigner.OpenAsync(store, null, cancel), options.AdminIssuers, options.AdminCertificates, options.Clock)
        {
            Mode = options.AdminMode,
        };
        var isHttps = options.Url.Scheme == "https";
        var certificate = isHttps && options.Tls.CertificateFile is null || options.Services.NeedTls
            ? await ServerCertificate.OpenAsync(store, CaPath(options.DataDirectory), Hosts(options), options.Clock, cancel) : null;
        var tls = isHttps ? ServerTls.Open(options.Tls, certificate, options.Clock, options.Logs.CreateLogger<ServerTls>()) : null;
        if (tls is not null)
            opened.Push(tls);
        var collateralOptions = options.Collateral ?? new() { CacheFolder = Path.Combine(options.DataDirectory, "collateral") };
        var trouble = new CollateralTrouble(options.Logs.CreateLogger<CollateralSources>(), options.Clock);
        var collateral = new CollateralSources(collateralOptions, options.Clock, trouble.Tell);
        opened.Push(collateral);
        var verifiers = VerifierList.Create(collateral.AddTo(new() { AllowSampleEvidence = options.Development }));
        var backend = options.Backend is { } elsewhere
            ? BrokerBackend.Elsewhere(elsewhere, options.Clock)
            : BrokerBackend.Of(await AttestationService.OpenAsync(store, verifiers, options.Attestation, options.Clock, cancel), options.TokenTrust);
        var watch = ReferenceWatch.Begin(backend.BuiltIn, cancel);
        opened.Push(watch);
        var audit = await AuditLog.OpenAsync(
            store, (options.Audit ?? new() { Directory = AuditDirectory(options.DataDirectory) }) with { Flushed = metrics.AuditFlush },
            options.Clock, options.Logs.CreateLogger<AuditLog>(), cancel);
        opened.Push(audit);
        var exporter = options.AuditExport is null ? null
            : new AuditExporter(audit, store, options.AuditExport, options.Clock, options.Logs.CreateLogger<AuditExporter>());
        if (exporter is not null)
            opened.Push(exporter);
        var health = new ServerHealth(
            HealthParts.Create(store, audit, backend.BuiltIn?.Signer, collateralOptions, trouble, options.Clock), options.Clock,
            options.Logs.CreateLogger<ServerHealth>());
        var broker = await Broker.OpenAsync(
            places.With(store), backend, options.TpmRoots, admin, audit, health, options.Broker, options.Clock, metrics,
            options.Logs.CreateLogger<Broker>(), cancel);
        opened.Push(broker);
        var tenants = new TenantBrokers(
            broker, new TenantRecords(store, options.Clock), new TenantOpener(places.With(store), verifiers, audit, health, metrics, options).OpenAsync,
            options.Clock);
        opened.Push(tenants);
        var web = await BrokerServer.StartAsync(
            tenants, options.Url,
            tls is null ? null : () => AdminClientCertificates.Take(tls.ForConnection(), options.AdminCertificates?.Authorities), options.Logs, cancel);
        opened.Push(web);
        var services = backend.BuiltIn is not { } attestation ? null : await ServiceListeners.StartAsync(
            options.Services, attestation, attestation.References, attestation.ReferenceTrust,
            certificate is null ? null : new ServiceTls(options.Services, certificate).ForConnection, options.Clock, options.Logs, cancel);
        if (services is not null)
            opened.Push(services);
        await watch.StartedAsync(metrics, options.Clock);
        var metricsServer = options.MetricsUrl is null ? null
            : await MetricsServer.StartAsync(
                options.MetricsUrl, metrics, watch.RefreshAsync, options.Logs, cancel);
        await places.StartedAsync();
        return new TrustServer(
            web, tenants, certificate, tls, places, services, collateral, audit, metrics, metricsServer, options.AdminIssuers, exporter);
    }

    internal static List<string> Hosts(TrustServerOptions options) =>
        [.. ((string[])["localhost", "127.0.0.1", "::1", options.Url.Host.Trim('[', ']'), .. options.Services.TlsHosts]).Distinct()];

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
