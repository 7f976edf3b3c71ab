using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nacre.KeyBroker.Tenants;

namespace Nacre.KeyBroker.Http;

/// <summary>The web server of a key broker. Takes nothing from the environment or from files: what it does is what it is given.</summary>
public sealed class BrokerServer : IAsyncDisposable
{
    private static readonly TimeSpan s_headTimeout = TimeSpan.FromSeconds(15);

    private readonly WebApplication _app;

    private BrokerServer(WebApplication app, Uri url) => (_app, Url) = (app, url);

    /// <summary>Where it listens, with the real port.</summary>
    public Uri Url { get; }

    /// <param name="brokers">Served; stays the caller's.</param>
    /// <param name="url">Scheme, host and port; port 0 takes a free one.</param>
    /// <param name="more">Other addresses, served in the same way.</param>
    /// <param name="tls">For each connection over https; null serves plain HTTP, which the caller must have been asked for.</param>
    /// <param name="logs">Stays the caller's.</param>
    /// <param name="cancel">Stops the start.</param>
    /// <exception cref="IOException">The address is in use or not of this machine.</exception>
    public static async Task<BrokerServer> StartAsync(
        TenantBrokers brokers, Uri url, IReadOnlyList<IPEndPoint> more, Func<SslServerAuthenticationOptions>? tls, ILoggerFactory logs,
        CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, url, more, tls));

        // How long a stop may take is said by whoever stops.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        if (tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        new BrokerEndpoints(brokers, logs.CreateLogger<BrokerEndpoints>()).Map(app);
        try
        {
            await app.StartAsync(cancel);
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            return new BrokerServer(app, new UriBuilder(url) { Port = new Uri(address).Port }.Uri);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes no new connections and waits for the requests that run.</summary>
    public Task StopAsync(CancellationToken cancel) => _app.StopAsync(cancel);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static void Configure(
        KestrelServerOptions kestrel, Uri url, IReadOnlyList<IPEndPoint> more, Func<SslServerAuthenticationOptions>? tls)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null; // BrokerEndpoints counts.
        kestrel.Limits.MaxRequestHeadersTotalSize = 128 * 1024;
        kestrel.Limits.MaxRequestLineSize = 16 * 1024;
        kestrel.Limits.RequestHeadersTimeout = s_headTimeout;
        kestrel.Limits.MaxConcurrentConnections = 10_000;
        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address))
            kestrel.Listen(address, url.Port, Protect);
        else if (url.Host == "localhost" && url.Port == 0)
            kestrel.Listen(IPAddress.Loopback, 0, Protect);
        else if (url.Host == "localhost")
            kestrel.ListenLocalhost(url.Port, Protect);
        else
            kestrel.ListenAnyIP(url.Port, Protect);
        foreach (var endpoint in more)
            kestrel.Listen(endpoint, Protect);

        void Protect(ListenOptions listen)
        {
            listen.Protocols = tls is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (tls is not null)
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls()) });
        }
    }
}
