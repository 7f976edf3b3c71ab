using System.Text.Json.Nodes;

namespace Nacre.KeyBroker.OpenApi;

/// <summary>The replies that are no success; all have the error body.</summary>
internal static class OpenApiProblems
{
    private static readonly (int Status, string Name, string Meaning)[] s_all =
    [
        (400, "BadRequest", "The path or the body breaks a rule; detail says which."),
        (401, "Unauthenticated", "Evidence, session or token is not good."),
        (403, "Denied", "A policy or a role does not allow it."),
        (404, "NotFound", "There is no such thing."),
        (405, "NotAllowed", "What keeps it takes no writes."),
        (409, "Conflict", "Not in this state; detail says what to do first."),
        (412, "PreconditionFailed", "Not in the version that If-Match or If-None-Match names."),
        (413, "TooLarge", "The body is too large."),
        (429, "TooMany", "Too many requests; Retry-After says when to come back."),
        (500, "Failed", "The server failed; its log says how."),
        (503, "Unavailable", "The store or the audit record cannot be used; Retry-After says when to come back."),
    ];

    public static JsonObject Create()
    {
        var responses = new JsonObject();
        foreach (var (_, name, meaning) in s_all)
        {
            responses[name] = new JsonObject
            {
                ["description"] = meaning,
                ["content"] = OpenApiDocument.Content(RouteDescription.Json, "Error"),
            };
        }

        return responses;
    }

    public static JsonObject Reference(int status) =>
        new() { ["$ref"] = $"#/components/responses/{s_all.Single(problem => problem.Status == status).Name}" };
}
