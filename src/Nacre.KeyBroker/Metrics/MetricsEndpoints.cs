using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Health;
using Nacre.KeyBroker.Http;
using Nacre.Storage;

namespace Nacre.KeyBroker.Metrics;

/// <summary><c>GET /metrics</c>, <c>/healthz</c> and <c>/readyz</c>, and nothing else.</summary>
internal sealed class MetricsEndpoints(PrometheusText metrics, ServerHealth health, Func<CancellationToken, Task> refresh)
{
    public void Map(IApplicationBuilder app) => app.Run(ServeAsync);

    private async Task ServeAsync(HttpContext context)
    {
        var (status, type, body) = (context.Request.Method, context.Request.Path.Value) switch
        {
            ("GET", "/metrics") => (StatusCodes.Status200OK, PrometheusText.ContentType, await MeasureAsync(context.RequestAborted)),
            ("GET", $"/{HealthRoutes.Alive}") => (StatusCodes.Status200OK, null, []),
            ("GET", $"/{HealthRoutes.Ready}") => await ReadyAsync(context.RequestAborted),
            _ => (StatusCodes.Status404NotFound, null, []),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task<(int Status, string? Type, byte[] Body)> ReadyAsync(CancellationToken cancel)
    {
        var (isReady, report) = await HealthReport.MakeAsync(health, cancel);
        return (isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, "application/json", JsonText.Utf8(report));
    }

    private async Task<byte[]> MeasureAsync(CancellationToken cancel)
    {
        try
        {
            await refresh(cancel);
        }
        catch (StoreException)
        {
            // The other figures are wanted most when the store is away; those of the store are then its last ones.
        }

        return Encoding.UTF8.GetBytes(metrics.Write());
    }
}
