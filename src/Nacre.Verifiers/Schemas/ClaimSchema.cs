using System.Text.Json.Nodes;

namespace Nacre.Verifiers.Schemas;

/// <summary>One member of a JSON object as JSON schema (draft 7) describes it. Each TEE's folder lists its claims with these.</summary>
internal sealed record ClaimSchema(string Name, JsonObject Type)
{
    private const int MaxRepeated = 500;

    public bool IsOptional { get; private init; }

    /// <summary>Bytes in lower-case hexadecimal; of any length unless <paramref name="bytes"/> says so.</summary>
    public static ClaimSchema Hex(string name, string description, int? bytes = null) => new(name, HexType(description, bytes));

    public static ClaimSchema Base64(string name, string description) =>
        new(name, Described(description, "string", ("contentEncoding", "base64")));

    public static ClaimSchema Text(string name, string description) => new(name, TextType(description));

    public static ClaimSchema Date(string name, string description) => new(name, Described(description, "string", ("format", "date-time")));

    public static ClaimSchema OneOf(string name, string description, params IEnumerable<string> values) =>
        new(name, Described(description, "string", ("enum", new JsonArray([.. values.Select(value => (JsonNode)value)]))));

    public static ClaimSchema Integer(string name, string description) => new(name, IntegerType(description));

    public static ClaimSchema Boolean(string name, string description) => new(name, Described(description, "boolean"));

    public static ClaimSchema List(string name, string description, JsonObject items) =>
        new(name, Described(description, "array", ("items", items)));

    /// <summary>An object with members of these names and no others.</summary>
    public static ClaimSchema Object(string name, string description, params IEnumerable<ClaimSchema> members) =>
        new(name, ObjectType(description, members));

    /// <summary>An object whose names are not known beforehand, with values of one type.</summary>
    public static ClaimSchema Map(string name, string description, JsonObject values) =>
        new(name, Described(description, "object", ("properties", new JsonObject()), ("additionalProperties", values)));

    /// <summary>Anything at all.</summary>
    public static ClaimSchema Any(string name, string description) => new(name, new JsonObject { ["description"] = description });

    public static JsonObject ObjectType(string description, params IEnumerable<ClaimSchema> members)
    {
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var member in members)
        {
            properties.Add(member.Name, member.Type);
            if (!member.IsOptional)
                required.Add((JsonNode)member.Name);
        }

        var type = Described(description, "object", ("properties", properties), ("additionalProperties", false));
        if (required.Count > 0)
            type["required"] = required;
        return type;
    }

    public static JsonObject TextType(string description) => Described(description, "string");

    public static JsonObject IntegerType(string description) => Described(description, "integer");

    public static JsonObject HexType(string description, int? bytes = null) => bytes switch
    {
        null => Described(description, "string", ("pattern", "^([0-9a-f]{2})*$")),

        // Patterns of Rego repeat nothing more than a thousand times.
        > MaxRepeated => Described(
            description, "string", ("pattern", "^[0-9a-f]*$"), ("minLength", 2 * bytes.Value), ("maxLength", 2 * bytes.Value)),
        _ => Described(description, "string", ("pattern", $"^[0-9a-f]{{{2 * bytes}}}$")),
    };

    /// <summary>The same claim, which is not always there; its description says when.</summary>
    public ClaimSchema Optional() => this with { IsOptional = true };

    private static JsonObject Described(string description, string type, params ReadOnlySpan<(string Name, JsonNode Value)> keywords)
    {
        var json = new JsonObject { ["description"] = description, ["type"] = type };
        foreach (var (name, value) in keywords)
            json.Add(name, value);
        return json;
    }
}
