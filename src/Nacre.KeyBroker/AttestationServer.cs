using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Nacre.Attestation;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.Services;
using Nacre.KeyBroker.Audit;
using Nacre.KeyBroker.Health;
using Nacre.KeyBroker.Metrics;
using Nacre.KeyBroker.Tls;
using Nacre.Storage;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral;

namespace Nacre.KeyBroker;

/// <summary>
/// <c>nacre serve as</c> and <c>nacre serve rvps</c>: the Attestation Service, or reference values alone, for other programs and without a key
/// broker, over a data directory as that of <see cref="TrustServer"/>.
/// </summary>
public sealed class AttestationServer : IAsyncDisposable, IStoppingServer
{
    private readonly OpenedParts _opened;
    private readonly ServiceListeners _services;
    private readonly ServerHealth _health;
    private readonly MetricsServer? _metrics;

    private AttestationServer(OpenedParts opened, ServiceListeners services, ServerHealth health, MetricsServer? metrics) =>
        (_opened, _services, _health, _metrics) = (opened, services, health, metrics);

    /// <summary>What listens where, with the real ports.</summary>
    public IReadOnlyList<(string Service, string Address)> Services => _services.Addresses;

    /// <summary>With the real port; null when there are none.</summary>
    public Uri? MetricsUrl => _metrics?.Url;

    /// <exception cref="TrustServerException">It cannot start; one line says why.</exception>
    public static async Task<AttestationServer> StartAsync(TrustServerOptions options, CancellationToken cancel)
    {
        if (!options.Services.Any)
            throw new TrustServerException("there is no address to listen on; give --grpc 127.0.0.1:50004");

        options.RequireMetricsUrl();
        var opened = new OpenedParts();
        try
        {
            return await StartAsync(options, opened, cancel);
        }
        catch (Exception e)
        {
            await opened.DisposeAsync();
            throw e is IOException
                ? new TrustServerException($"cannot start with --data {options.DataDirectory}: {e.Message.ReplaceLineEndings(" ")}", e)
                : TrustServer.Translate(options, e);
        }
    }

    public void BeginDrain() => _health.BeginDrain();

    public Task StopAsync(CancellationToken cancel) => _services.StopAsync(cancel);

    public ValueTask DisposeAsync() => _opened.DisposeAsync();

    private static async Task<AttestationServer> StartAsync(TrustServerOptions options, OpenedParts opened, CancellationToken cancel)
    {
        var metrics = opened.KeepPlain(new BrokerMetrics());
        var places = opened.Keep(await ServerStore.OpenAsync(options, cancel));
        var store = new MeasuredStore(places.Values, metrics, options.Clock);
        var tls = await OpenTlsAsync(options, store, opened, cancel);
        var (attestation, references, parts) = await OpenServiceAsync(options, store, opened, cancel);
        var watch = opened.Keep(ReferenceWatch.Begin(attestation?.RemoteReferences is null ? references : null, cancel));
        var health = opened.KeepPlain(new ServerHealth(parts, options.Clock, options.Logs.CreateLogger<ServerHealth>()));
        var audit = opened.Keep(await AuditLog.OpenAsync(
            store, new() { Directory = TrustServer.AuditDirectory(options.DataDirectory), Flushed = metrics.AuditFlush }, options.Clock,
            options.Logs.CreateLogger<AuditLog>(), cancel));
        var services = opened.Keep(await ServiceListeners.StartAsync(
            options.Services, attestation, references, options.ReferenceTrust, tls is null ? null : tls.ForConnection,
            new ServiceState(health, metrics, audit, options.Clock), options.Clock, options.Logs, cancel));
        await watch.StartedAsync(metrics, options.Clock);
        var metricsServer = options.MetricsUrl is null ? null
            : opened.Keep(await MetricsServer.StartAsync(
                options.MetricsUrl, metrics, isBroker: false, health, watch.RefreshAsync, options.Logs, cancel));
        await places.StartedAsync();
        return new AttestationServer(opened, services, health, metricsServer);
    }

    private static async Task<ServerTls?> OpenTlsAsync(
        TrustServerOptions options, IKeyValueStore store, OpenedParts opened, CancellationToken cancel)
    {
        if (!options.Services.NeedTls)
            return null;

        var own = options.ServiceTls.CertificateFile is not null ? null : opened.KeepPlain(await ServerCertificate.OpenAsync(
            store, TrustServer.CaPath(options.DataDirectory), TrustServer.Hosts(options), options.Clock, cancel));
        return opened.Keep(ServerTls.Open(options.ServiceTls, own, options.Clock, options.Logs.CreateLogger<ServerTls>()));
    }

    private static async Task<(AttestationService? Service, ReferenceValueStore References, IReadOnlyList<HealthPart> Parts)> OpenServiceAsync(
        TrustServerOptions options, IKeyValueStore store, OpenedParts opened, CancellationToken cancel)
    {
        // The record of others' clocks has a row for each server.
        var server = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        if (options.Services is { Grpc: null, Rest: null })
        {
            var references = opened.KeepPlain(new ReferenceValueStore(store, options.Clock));
            return (null, references, HealthParts.Create(store, server, references, options.Clock));
        }

        var places = options.Collateral ?? new() { CacheFolder = Path.Combine(options.DataDirectory, "collateral") };
        var trouble = new CollateralTrouble(options.Logs.CreateLogger<CollateralSources>(), options.Clock);
        var collateral = opened.Keep(new CollateralSources(places, options.Clock, trouble.Tell));
        var verifiers = VerifierList.Create(collateral.AddTo(new() { AllowSampleEvidence = options.Development }));
        var attestation = opened.KeepPlain(await AttestationService.OpenAsync(store, verifiers, options.Attestation, options.Clock, cancel));
        return (attestation, attestation.References, HealthParts.Create(store, server, attestation.Signer, places, trouble, options.Clock));
    }
}
