using Nacre.Storage;

namespace Nacre.KeyBroker.Http;

public static class HealthRoutes
{
    public const string Alive = "healthz";
    public const string Ready = "readyz";

    /// <summary><c>/healthz</c> says that the process serves, <c>/readyz</c> that its store answers too.</summary>
    public static IEnumerable<Route> Create(IKeyValueStore store)
    {
        yield return new("GET", Alive, Access.Public, (_, _) => ValueTask.FromResult(KbsReply.Empty));
        yield return new("GET", Ready, Access.Public, async (_, cancel) =>
        {
            await store.FindAsync("generation", "ready", cancel);
            return KbsReply.Empty;
        });
    }
}
