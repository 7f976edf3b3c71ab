using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nacre.KeyBroker.Health;

namespace Nacre.KeyBroker.Metrics;

/// <summary>A port of its own for metrics and health, over plain HTTP: it is for the operator's network, not for guests.</summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly PrometheusText _metrics;

    private MetricsServer(WebApplication app, PrometheusText metrics, Uri url) => (_app, _metrics, Url) = (app, metrics, url);

    /// <summary>With the real port.</summary>
    public Uri Url { get; }

    /// <param name="url">Where.</param>
    /// <param name="measured">What.</param>
    /// <param name="isBroker">Whether it is that of a key broker, for whose metrics there are upstream's names.</param>
    /// <param name="health">Told here too, where no client certificate is needed.</param>
    /// <param name="refresh">Asked before an answer: reads anew what is counted in the store.</param>
    /// <param name="logs">Stays the caller's.</param>
    /// <param name="cancel">Stops the start.</param>
    /// <exception cref="IOException">The address is in use or not of this machine.</exception>
    public static async Task<MetricsServer> StartAsync(
        Uri url, BrokerMetrics measured, bool isBroker, ServerHealth health, Func<CancellationToken, Task> refresh, ILoggerFactory logs,
        CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 64;
            kestrel.Listen(IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) ? address : IPAddress.Loopback, url.Port);
        });
        var app = builder.Build();
        var metrics = new PrometheusText(measured.Meter, isBroker);
        new MetricsEndpoints(metrics, health, refresh).Map(app);
        try
        {
            await app.StartAsync(cancel);
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            return new MetricsServer(app, metrics, new UriBuilder(url) { Port = new Uri(address).Port }.Uri);
        }
        catch
        {
            metrics.Dispose();
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _metrics.Dispose();
    }
}
