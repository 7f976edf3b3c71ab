using Nacre.Storage;

namespace Nacre.KeyBroker.Http;

public static class HealthRoutes
{
    /// <summary><c>/healthz</c> says that the process serves, <c>/readyz</c> that its store answers too.</summary>
    public static IEnumerable<Route> Create(IKeyValueStore store)
    {
        yield return new("GET", "healthz", Access.Public, (_, _) => ValueTask.FromResult(KbsReply.Empty));
        yield return new("GET", "readyz", Access.Public, async (_, cancel) =>
        {
            await store.FindAsync("generation", "ready", cancel);
            return KbsReply.Empty;
        });
    }
}
