using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.OpenApi;

/// <summary>What a caller shows for each kind of access, and how it is refused.</summary>
internal static class OpenApiAccess
{
    private const string Session = "session";
    private const string AttestationToken = "attestationToken";
    private const string AdminToken = "adminToken";

    public static JsonObject Schemes() => new()
    {
        [Session] = new JsonObject { ["type"] = "apiKey", ["in"] = "cookie", ["name"] = KbsProtocol.SessionCookie },
        [AttestationToken] = Bearer("The token of an attestation."),
        [AdminToken] = Bearer("The server's admin token, or a JWT of an administrator whose role has the access that x-nacre-access names."),
    };

    public static JsonArray Required(Access access) => access switch
    {
        Access.Public => [],
        Access.Guest => new JsonArray(Scheme(Session), Scheme(AttestationToken)),
        _ => new JsonArray(Scheme(AdminToken)),
    };

    /// <summary>Statuses that have the error body.</summary>
    public static IEnumerable<int> Problems(Route route, RouteDescription description)
    {
        IEnumerable<int> problems = [400, 500, 503, .. description.Problems];
        if (route.Template is not (HealthRoutes.Alive or HealthRoutes.Ready))
            problems = problems.Append(429);
        if (route.Access != Access.Public)
            problems = [.. problems, 401, 403];
        return description.RequestType is null ? problems : problems.Append(413);
    }

    private static JsonObject Bearer(string description) => new() { ["type"] = "http", ["scheme"] = "bearer", ["description"] = description };

    private static JsonObject Scheme(string name) => new() { [name] = new JsonArray() };
}
