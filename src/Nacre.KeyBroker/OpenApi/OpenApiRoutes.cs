using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.OpenApi;

/// <summary>Serves the description of all routes, this one with them.</summary>
public static class OpenApiRoutes
{
    /// <summary>The routes that are given, and that of their document.</summary>
    public static IReadOnlyList<Route> Complete(IReadOnlyList<Route> others)
    {
        var all = new List<Route>(others);
        var document = new Lazy<byte[]>(() => JsonText.Utf8(OpenApiDocument.Create(all)));
        all.Add(new("GET", "kbs/v0/openapi.json", Access.Public, (_, _) => ValueTask.FromResult(KbsReply.OfJson(document.Value))));
        return all;
    }
}
