using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Nacre.KeyBroker.Health;

namespace Nacre.KeyBroker.Http;

public static class HealthRoutes
{
    public const string Alive = "healthz";
    public const string Ready = "readyz";

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    /// <summary>
    /// <c>/healthz</c> says that the process serves; <c>/readyz</c> that its parts work too: 200, or 503 when a vital one does not or the
    /// server is about to stop, and in both cases
    /// <c>{"status":"ready"|"not ready"|"draining","parts":[{"name","status":"ok"|"warn"|"fail","trouble"?,"milliseconds"}]}</c>.
    /// </summary>
    public static IEnumerable<Route> Create(ServerHealth health)
    {
        yield return new("GET", Alive, Access.Public, (_, _) => ValueTask.FromResult(KbsReply.Empty));
        yield return new("GET", Ready, Access.Public, (_, cancel) => TellAsync(health, cancel));
    }

    private static async ValueTask<KbsReply> TellAsync(ServerHealth health, CancellationToken cancel)
    {
        var findings = await health.CheckAsync(cancel);
        var status = health.IsDraining ? "draining"
            : findings.Any(part => part is { IsVital: true, Trouble: not null }) ? "not ready" : "ready";
        var reply = KbsReply.Of(new JsonObject
        {
            ["status"] = status,
            ["parts"] = new JsonArray([.. findings.Select(ToJson)]),
        });
        return status == "ready" ? reply : reply with { Status = StatusCodes.Status503ServiceUnavailable, RetryAfter = s_pause };
    }

    private static JsonObject ToJson(HealthFinding finding)
    {
        var json = new JsonObject
        {
            ["name"] = finding.Name,
            ["status"] = finding.Trouble is null ? "ok" : finding.IsVital ? "fail" : "warn",
        };
        if (finding.Trouble is { } trouble)
            json["trouble"] = trouble;
        json["milliseconds"] = Math.Round(finding.Took.TotalMilliseconds, 1);
        return json;
    }
}
