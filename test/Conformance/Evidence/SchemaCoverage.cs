using System.Text.Json.Nodes;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Which claims of a schema have been seen. A claim is named by its path, a list by <c>[]</c>, free names by <c>*</c>.</summary>
internal sealed class SchemaCoverage(JsonObject schema)
{
    private readonly HashSet<string> _seen = [];

    public void Add(JsonNode claims) => Visit("", schema, claims);

    public IReadOnlyList<string> Missing() => [.. Paths("", schema).Where(path => !_seen.Contains(path))];

    private void Visit(string path, JsonObject type, JsonNode? value)
    {
        _seen.Add(path);
        if (value is JsonArray list && type["items"] is JsonObject items)
        {
            foreach (var item in list)
                Visit(path + "[]", items, item);
        }
        else if (value is JsonObject members)
        {
            foreach (var (name, member) in members)
            {
                if (type["properties"]?[name] is JsonObject known)
                    Visit($"{path}.{name}", known, member);
                else if (type["additionalProperties"] is JsonObject others)
                    Visit(path + ".*", others, member);
            }
        }
    }

    private static IEnumerable<string> Paths(string path, JsonObject type)
    {
        if (path.Length > 0)
            yield return path;

        foreach (var (name, below) in Below(type))
            foreach (var inner in Paths(path + name, below))
                yield return inner;
    }

    private static IEnumerable<(string Name, JsonObject Type)> Below(JsonObject type)
    {
        if (type["items"] is JsonObject items)
            yield return ("[]", items);
        foreach (var (name, member) in type["properties"] as JsonObject ?? [])
            yield return ($".{name}", (JsonObject)member!);
        if (type["additionalProperties"] is JsonObject others)
            yield return (".*", others);
    }
}
