using Microsoft.Extensions.Logging;
using Nacre.Attestation;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.Services;
using Nacre.KeyBroker.Tls;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral;

namespace Nacre.KeyBroker;

/// <summary>
/// <c>nacre serve as</c> and <c>nacre serve rvps</c>: the Attestation Service, or reference values alone, for other programs and without a key
/// broker, over a data directory as that of <see cref="TrustServer"/>.
/// </summary>
public sealed class AttestationServer : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _opened;
    private readonly ServiceListeners _services;

    private AttestationServer(Stack<IAsyncDisposable> opened, ServiceListeners services) => (_opened, _services) = (opened, services);

    /// <summary>What listens where, with the real ports.</summary>
    public IReadOnlyList<(string Service, string Address)> Services => _services.Addresses;

    /// <exception cref="TrustServerException">It cannot start; one line says why.</exception>
    public static async Task<AttestationServer> StartAsync(TrustServerOptions options, CancellationToken cancel)
    {
        if (!options.Services.Any)
            throw new TrustServerException("there is no address to listen on; give --grpc 127.0.0.1:50004");

        var opened = new Stack<IAsyncDisposable>();
        try
        {
            return await StartAsync(options, opened, cancel);
        }
        catch (Exception e)
        {
            await CloseAsync(opened);
            throw e is IOException
                ? new TrustServerException($"cannot start with --data {options.DataDirectory}: {e.Message.ReplaceLineEndings(" ")}", e)
                : TrustServer.Translate(options, e);
        }
    }

    public ValueTask DisposeAsync() => CloseAsync(_opened);

    private static async Task<AttestationServer> StartAsync(TrustServerOptions options, Stack<IAsyncDisposable> opened, CancellationToken cancel)
    {
        var store = await ServerStore.OpenAsync(options, cancel);
        opened.Push(store);
        var certificate = options.Services.NeedTls
            ? await ServerCertificate.OpenAsync(
                store.Values, TrustServer.CaPath(options.DataDirectory), TrustServer.Hosts(options), options.Clock, cancel)
            : null;
        if (certificate is not null)
            opened.Push(new Closing(certificate));

        AttestationService? attestation = null;
        if (options.Services.Grpc is not null || options.Services.Rest is not null)
        {
            var collateral = new CollateralSources(
                options.Collateral ?? new() { CacheFolder = Path.Combine(options.DataDirectory, "collateral") }, options.Clock,
                new CollateralTrouble(options.Logs.CreateLogger<CollateralSources>(), options.Clock).Tell);
            opened.Push(collateral);
            var verifiers = VerifierList.Create(collateral.AddTo(new() { AllowSampleEvidence = options.Development }));
            attestation = await AttestationService.OpenAsync(
                store.Values, verifiers, new AttestationServiceOptions { Tokens = options.Tokens }, options.Clock, cancel);
            opened.Push(new Closing(attestation));
        }

        var references = attestation?.References ?? new ReferenceValueStore(store.Values, options.Clock);
        if (attestation is null)
            opened.Push(new Closing(references));
        var services = await ServiceListeners.StartAsync(
            options.Services, attestation, references, attestation?.ReferenceTrust ?? ReferenceValueTrust.None,
            certificate is null ? null : new ServiceTls(options.Services, certificate).ForConnection, options.Clock, options.Logs, cancel);
        opened.Push(services);
        await store.StartedAsync();
        return new AttestationServer(opened, services);
    }

    private static async ValueTask CloseAsync(Stack<IAsyncDisposable> opened)
    {
        while (opened.TryPop(out var one))
            await one.DisposeAsync();
    }

    private sealed class Closing(IDisposable inner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
