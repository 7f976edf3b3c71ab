using System.Text.Json.Nodes;

namespace Nacre.KeyBroker.Health;

/// <summary>What anyone may read of a server's health.</summary>
internal static class HealthReport
{
    /// <summary>
    /// <c>{"status":"ready"|"not ready"|"draining","parts":[{"name","status":"ok"|"warn"|"fail","trouble"?,"milliseconds"}]}</c>.
    /// </summary>
    public static async ValueTask<(bool IsReady, JsonObject Report)> MakeAsync(ServerHealth health, CancellationToken cancel)
    {
        var findings = await health.CheckAsync(cancel);
        var status = health.IsDraining ? "draining"
            : findings.Any(part => part is { IsVital: true, Trouble: not null }) ? "not ready" : "ready";
        var report = new JsonObject
        {
            ["status"] = status,
            ["parts"] = new JsonArray([.. findings.Select(ToJson)]),
        };
        return (status == "ready", report);
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
