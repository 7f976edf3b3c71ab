using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Nacre.Storage;

namespace Nacre.KeyBroker.Metrics;

/// <summary><c>GET /metrics</c>, and nothing else.</summary>
internal sealed class MetricsEndpoints(PrometheusText metrics, Func<CancellationToken, Task> refresh)
{
    public void Map(IApplicationBuilder app) => app.Run(ServeAsync);

    private async Task ServeAsync(HttpContext context)
    {
        if (context.Request.Path != "/metrics" || context.Request.Method != "GET")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            await refresh(context.RequestAborted);
        }
        catch (StoreException)
        {
            // The other figures are wanted most when the store is away; those of the store are then its last ones.
        }

        var body = Encoding.UTF8.GetBytes(metrics.Write());
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
