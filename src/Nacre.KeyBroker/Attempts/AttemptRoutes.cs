using System.Text.Json.Nodes;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Attempts;

/// <summary>The administrator reads why guests were refused.</summary>
public static class AttemptRoutes
{
    private const int MaxListed = 200;

    public static IEnumerable<Route> Create(AttemptStore attempts)
    {
        yield return new("GET", "kbs/v0/admin/attempts", Access.View, async (_, cancel) =>
            KbsReply.Of(new JsonObject { ["attempts"] = new JsonArray([.. await attempts.ListAsync(MaxListed, cancel)]) }));

        yield return new("GET", "kbs/v0/admin/attempts/{id}", Access.View, async (call, cancel) =>
            KbsReply.Of(await attempts.FindAsync(call["id"], cancel)
                ?? throw KbsProblemException.NotFound($"no attempt is recorded under {call["id"]}; the newest {AttemptStore.Kept} are kept")));
    }
}
