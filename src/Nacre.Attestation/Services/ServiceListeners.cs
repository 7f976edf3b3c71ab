using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nacre.Attestation.ReferenceValues;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;

namespace Nacre.Attestation.Services;

/// <summary>The Attestation Service and the reference values for other programs, each on the addresses that are asked for.</summary>
public sealed partial class ServiceListeners : IAsyncDisposable
{
    private const string Attestation = "attestation";
    private const string ReferenceValues = "reference-values";
    private const string Rest = "rest";

    private readonly List<(Func<CancellationToken, Task> StopAsync, IAsyncDisposable Server)> _servers = [];
    private readonly List<(string Service, string Address)> _addresses = [];
    private readonly ServiceOptions _options;
    private readonly Func<SslServerAuthenticationOptions>? _tls;
    private readonly IServiceState _state;
    private readonly TimeProvider _clock;
    private readonly ILoggerFactory _logs;

    private ServiceListeners(
        ServiceOptions options, Func<SslServerAuthenticationOptions>? tls, IServiceState state, TimeProvider clock, ILoggerFactory logs) =>
        (_options, _tls, _state, _clock, _logs) = (options, tls, state, clock, logs);

    /// <summary>What listens where, with the real ports.</summary>
    public IReadOnlyList<(string Service, string Address)> Addresses => _addresses;

    /// <param name="options">Where.</param>
    /// <param name="attestation">Null when only reference values are served.</param>
    /// <param name="references">Of the same store.</param>
    /// <param name="trust">Whose signatures on documents are believed.</param>
    /// <param name="tls">For https addresses, asked for each connection; null when there are none.</param>
    /// <param name="state">Of the server around them; stays the caller's.</param>
    /// <param name="clock">As everywhere.</param>
    /// <param name="logs">Stays the caller's.</param>
    /// <param name="cancel">Stops the start.</param>
    /// <exception cref="IOException">An address is taken, not of this machine, or may not be served.</exception>
    public static async Task<ServiceListeners> StartAsync(
        ServiceOptions options, AttestationService? attestation, ReferenceValueStore references, ReferenceValueTrust trust,
        Func<SslServerAuthenticationOptions>? tls, IServiceState state, TimeProvider clock, ILoggerFactory logs, CancellationToken cancel)
    {
        var listeners = new ServiceListeners(options, tls, state, clock, logs);
        try
        {
            if (attestation is not null && options.Grpc is { } grpc)
                await listeners.ServeAttestationAsync(grpc, attestation, references, trust, cancel);
            if (attestation is not null && options.Rest is { } rest)
                await listeners.ServeRestAsync(rest, attestation, cancel);
            if (options.ReferenceValues is { } rvps)
                await listeners.ServeReferencesAsync(rvps, references, trust, cancel);
            return listeners;
        }
        catch
        {
            await listeners.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes no new connections and waits for the calls that run.</summary>
    public Task StopAsync(CancellationToken cancel) => Task.WhenAll(_servers.Select(one => one.StopAsync(cancel)));

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, server) in _servers)
            await server.DisposeAsync();
    }

    private async Task ServeAttestationAsync(
        string address, AttestationService attestation, ReferenceValueStore references, ReferenceValueTrust trust, CancellationToken cancel)
    {
        var documents = new Dictionary<string, Func<CancellationToken, ValueTask<byte[]>>>
        {
            ["/.well-known/jwks.json"] = Calls(attestation, allowsChanges: false).KeySetAsync,
        };
        await ServeGrpcAsync(Attestation, address, Table, documents, cancel);

        RpcTable Table(bool allowsChanges) => new RpcTable().AddAttestation(Calls(attestation, allowsChanges))
            .AddReferences(new ReferenceCalls(references, trust, allowsChanges, _state, _clock, attestation.RemoteReferences))
            .AddHealth(_state, ServiceRpc.AttestationName, ServiceRpc.ReferenceName);
    }

    private Task ServeReferencesAsync(string address, ReferenceValueStore references, ReferenceValueTrust trust, CancellationToken cancel) =>
        ServeGrpcAsync(
            ReferenceValues, address,
            allowsChanges => new RpcTable().AddReferences(new ReferenceCalls(references, trust, allowsChanges, _state, _clock))
                .AddHealth(_state, ServiceRpc.ReferenceName),
            [], cancel);

    private async Task ServeGrpcAsync(
        string service, string address, Func<bool, RpcTable> table, Dictionary<string, Func<CancellationToken, ValueTask<byte[]>>> documents,
        CancellationToken cancel)
    {
        // Without TLS an address is of this machine, or the operator said that whoever reaches it may do everything.
        var hasTls = ServiceOptions.HasTls(address);
        var log = _logs.CreateLogger<GrpcServer>();
        var server = await GrpcServer.ListenAsync(
            table(true), Parse(address),
            new GrpcServerOptions
            {
                Tls = hasTls ? _tls : null,
                Anonymous = hasTls ? table(false) : null,
                Watch = _state,
                AllowsPlainBeyondLoopback = _options.Insecure,
                Documents = documents,
                Failed = e => LogUnexpected(log, e),
            },
            cancel);
        _servers.Add((server.StopAsync, server));
        _addresses.Add((service, server.Address is RpcAddress.UnixSocket ? $"{server.Address}" : $"{(hasTls ? "https" : "http")}://{server.Address}"));
    }

    private async Task ServeRestAsync(string address, AttestationService attestation, CancellationToken cancel)
    {
        var hasTls = ServiceOptions.HasTls(address);
        if (Parse(address) is not RpcAddress.Tcp tcp || !hasTls && !tcp.IsLoopback && !_options.Insecure)
            throw new IOException($"'{address}' is no address for REST; use https://HOST:PORT, or http on this machine");

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(_logs);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // AttestationEndpoints counts.
            kestrel.Limits.MaxConcurrentConnections = 1000;
            kestrel.Listen(Ip(tcp), tcp.Port, listen =>
            {
                if (hasTls)
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(_tls!()) });
            });
        });
        // How long a stop may take is said by whoever stops.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        if (hasTls)
            builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        var calls = (Calls(attestation, allowsChanges: !hasTls), Calls(attestation, allowsChanges: true));
        new AttestationEndpoints(calls, _state, _options.Origins, _logs.CreateLogger<AttestationEndpoints>()).Map(app);
        _servers.Add((app.StopAsync, app));
        await app.StartAsync(cancel);
        _addresses.Add((Rest, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()));
    }

    private AttestationCalls Calls(AttestationService attestation, bool allowsChanges) =>
        new(attestation, allowsChanges, _state, _clock, _logs.CreateLogger<AttestationCalls>());

    private static RpcAddress Parse(string address)
    {
        try
        {
            var parsed = RpcAddress.Parse(ServiceOptions.HasTls(address) ? address["https://".Length..] : address);
            return parsed is RpcAddress.Tcp tcp ? new RpcAddress.Tcp($"{Ip(tcp)}", tcp.Port) : parsed;
        }
        catch (FormatException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static IPAddress Ip(RpcAddress.Tcp tcp) =>
        tcp.Host == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(tcp.Host.Trim('[', ']'), out var ip) ? ip
        : throw new IOException($"'{tcp.Host}' is no IP address of this machine");

    [LoggerMessage(Level = LogLevel.Error, Message = "A call failed in a way that was not foreseen")]
    private static partial void LogUnexpected(ILogger log, Exception e);
}
