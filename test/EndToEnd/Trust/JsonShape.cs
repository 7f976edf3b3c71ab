using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Holds a value against a schema, as far as JSON Schema is used in our document; an unknown keyword is a problem too.</summary>
internal static class JsonShape
{
    private static readonly string[] s_known =
    [
        "$ref", "type", "required", "properties", "additionalProperties", "items", "enum", "pattern", "minimum", "maximum", "minItems", "maxItems",
        "anyOf", "description", "example", "format",
    ];

    public static JsonNode? Resolve(JsonNode document, string reference) =>
        reference.TrimStart('#', '/').Split('/').Aggregate<string, JsonNode?>(document, (node, name) => node?[name]);

    public static List<string> Problems(JsonNode document, JsonNode schema, JsonNode? value, string place)
    {
        if (schema["$ref"] is { } reference)
            return Problems(document, Resolve(document, reference.ToString())!, value, place);

        var problems = schema.AsObject().Where(member => !s_known.Contains(member.Key)).Select(member => $"{place}: keyword {member.Key}?").ToList();
        if (schema["anyOf"] is JsonArray choices && choices.All(choice => Problems(document, choice!, value, place).Count > 0))
            problems.Add($"{place}: is none of the choices");
        if (schema["enum"] is JsonArray allowed && !allowed.Any(item => JsonNode.DeepEquals(item, value)))
            problems.Add($"{place}: {value} is not allowed");
        if (schema["type"] is { } type && !(type is JsonArray types ? types : [type.DeepClone()]).Any(name => Is(name!.ToString(), value)))
            return [.. problems, $"{place}: is not {type}"];
        if (schema["pattern"] is { } pattern && !Regex.IsMatch(value!.ToString(), pattern.ToString(), RegexOptions.None, TimeSpan.FromSeconds(1)))
            problems.Add($"{place}: {value} does not match {pattern}");
        if (schema["minimum"] is { } least && value!.GetValue<decimal>() < least.GetValue<decimal>()
            || schema["maximum"] is { } most && value!.GetValue<decimal>() > most.GetValue<decimal>())
            problems.Add($"{place}: {value} is out of bounds");
        return value switch
        {
            JsonObject members => [.. problems, .. Members(document, schema, members, place)],
            JsonArray items when schema["items"] is { } item =>
                [.. problems, .. items.SelectMany((one, i) => Problems(document, item, one, $"{place}[{i}]"))],
            _ => problems,
        };
    }

    private static IEnumerable<string> Members(JsonNode document, JsonNode schema, JsonObject members, string place)
    {
        foreach (var name in (schema["required"] as JsonArray ?? []).Select(name => name!.ToString()))
        {
            if (!members.ContainsKey(name))
                yield return $"{place}: {name} is missing";
        }

        foreach (var (name, value) in members)
        {
            var known = schema["properties"]?[name] ?? schema["additionalProperties"] as JsonObject;
            if (known is not null)
            {
                foreach (var problem in Problems(document, known, value, $"{place}.{name}"))
                    yield return problem;
            }
            else if (schema["additionalProperties"] is JsonValue { } open && !open.GetValue<bool>())
            {
                yield return $"{place}: {name} is unknown";
            }
        }
    }

    private static bool Is(string type, JsonNode? value) => type switch
    {
        "null" => value is null,
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == JsonValueKind.String,
        "integer" => value?.GetValueKind() == JsonValueKind.Number && decimal.IsInteger(value.GetValue<decimal>()),
        "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        "number" => value?.GetValueKind() == JsonValueKind.Number,
        _ => false,
    };
}
