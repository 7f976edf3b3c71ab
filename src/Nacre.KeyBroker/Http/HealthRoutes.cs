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
    /// server is about to stop, and in both cases <see cref="HealthReport"/>.
    /// </summary>
    public static IEnumerable<Route> Create(ServerHealth health)
    {
        yield return new("GET", Alive, Access.Public, (_, _) => ValueTask.FromResult(KbsReply.Empty));
        yield return new("GET", Ready, Access.Public, (_, cancel) => TellAsync(health, cancel));
    }

    private static async ValueTask<KbsReply> TellAsync(ServerHealth health, CancellationToken cancel)
    {
        var (isReady, report) = await HealthReport.MakeAsync(health, cancel);
        var reply = KbsReply.Of(report);
        return isReady ? reply : reply with { Status = StatusCodes.Status503ServiceUnavailable, RetryAfter = s_pause };
    }
}
