using System.Text.Json.Nodes;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.OpenApi;

/// <summary>
/// The interface as OpenAPI 3.1 has it, made from the route table: routes, methods, parameters and who may use them come from there and cannot
/// differ from what is served. Shapes of bodies are in <c>schemas.json</c>; tests hold them against real replies.
/// </summary>
public static class OpenApiDocument
{
    private const string Version = "0.4.0";

    /// <param name="routes">All of the server's.</param>
    public static JsonObject Create(IReadOnlyList<Route> routes)
    {
        var descriptions = RouteDescriptions.All.ToDictionary(description => description.Route, StringComparer.Ordinal);
        var paths = new JsonObject();
        foreach (var byPath in routes.GroupBy(PathOf))
        {
            var operations = new JsonObject();
            foreach (var route in byPath)
            {
                var name = $"{route.Method} {route.Template}";
                operations[route.Method.ToLowerInvariant()] =
                    Operation(route, descriptions.GetValueOrDefault(name) ?? new RouteDescription(name, name));
            }

            paths[byPath.Key] = operations;
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Nacre key broker",
                ["version"] = Version,
                ["x-nacre-version"] = typeof(OpenApiDocument).Assembly.GetName().Version!.ToString(3),
                ["description"] =
                    "The KBS protocol of Confidential Containers, and the administration of the server. The version is the protocol's.",
                ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
            },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = Schemas(),
                ["responses"] = OpenApiProblems.Create(),
                ["securitySchemes"] = OpenApiAccess.Schemes(),
            },
        };
    }

    /// <summary>A placeholder for the rest of a path is one parameter; what it means says its description.</summary>
    internal static string PathOf(Route route) => "/" + route.Template.Replace("{**", "{", StringComparison.Ordinal);

    private static JsonObject Operation(Route route, RouteDescription description)
    {
        var operation = new JsonObject
        {
            ["summary"] = description.Summary,
            ["operationId"] = OperationId(route),
            ["x-nacre-access"] = route.Access.ToString(),
            ["security"] = OpenApiAccess.Required(route.Access),
        };
        var parameters = Parameters(route, description);
        if (parameters.Count > 0)
            operation["parameters"] = parameters;
        if (description.RequestType is { } type)
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(type, description.Request) };
        operation["responses"] = Responses(route, description);
        return operation;
    }

    private static string OperationId(Route route) => string.Concat(
        $"{route.Method.ToLowerInvariant()}-{route.Template}".Split('/', '-', '.', '{', '}', '*').Where(part => part.Length > 0)
            .Select((part, i) => i == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..]));

    private static JsonArray Parameters(Route route, RouteDescription description)
    {
        var parameters = new JsonArray();
        foreach (var part in route.Template.Split('/').Where(part => part[0] == '{'))
        {
            var parameter = Parameter(part.Trim('{', '}', '*'), "path", isRequired: true);
            if (part.StartsWith("{**", StringComparison.Ordinal))
                parameter["description"] = "One or more segments; the slashes between them are not escaped.";
            parameters.Add((JsonNode)parameter);
        }

        foreach (var (name, meaning) in description.Query)
        {
            var parameter = Parameter(name, "query", isRequired: false);
            parameter["description"] = meaning;
            parameters.Add((JsonNode)parameter);
        }

        return parameters;
    }

    private static JsonObject Parameter(string name, string place, bool isRequired) => new()
    {
        ["name"] = name,
        ["in"] = place,
        ["required"] = isRequired,
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject Responses(Route route, RouteDescription description)
    {
        var done = new JsonObject { ["description"] = "Done." };
        if (description.Reply is { } reply)
            done["content"] = Content(RouteDescription.Json, reply);
        var responses = new JsonObject { ["200"] = done };
        foreach (var status in OpenApiAccess.Problems(route, description).Order().Distinct())
            responses[$"{status}"] = OpenApiProblems.Reference(status);
        if (description.UnavailableReply is { } other)
            responses["503"] = new JsonObject { ["description"] = "Not now.", ["content"] = Content(RouteDescription.Json, other) };
        return responses;
    }

    internal static JsonObject Content(string type, string? schema) => new()
    {
        [type] = new JsonObject
        {
            ["schema"] = schema is null
                ? new JsonObject { ["type"] = "string", ["format"] = "binary" }
                : new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" },
        },
    };

    private static JsonNode Schemas()
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi-schemas.json")!;
        return JsonNode.Parse(stream)!;
    }
}
