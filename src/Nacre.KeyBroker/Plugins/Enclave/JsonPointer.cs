using System.Globalization;
using System.Text.Json.Nodes;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>A place in a JSON document (RFC 6901), and whether JSON schema lets anything be there.</summary>
internal static class JsonPointer
{
    private const int MaxLength = 256;

    /// <summary>Its parts; null when the text is no pointer to a part of a document.</summary>
    public static string[]? Parse(string text)
    {
        if (text.Length is < 2 or > MaxLength || text[0] != '/')
            return null;

        var parts = text[1..].Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            // After each tilde stands 0 or 1 (RFC 6901 section 3).
            if (parts[i].Split('~').Skip(1).Any(rest => rest is not ['0' or '1', ..]))
                return null;
            parts[i] = parts[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }

        return parts;
    }

    /// <summary>Null when there is nothing.</summary>
    public static JsonNode? Find(JsonNode document, IEnumerable<string> parts)
    {
        JsonNode? node = document;
        foreach (var part in parts)
        {
            node = node switch
            {
                JsonObject members => members[part],
                JsonArray items when int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                    && index < items.Count => items[index],
                _ => null,
            };
        }

        return node;
    }

    /// <summary>Whether a document of this schema can have something there. Understands what the schemas of our claims have.</summary>
    public static bool CanOccur(JsonObject schema, IEnumerable<string> parts)
    {
        foreach (var part in parts)
        {
            if (schema["type"] is null)
                return true;

            var next = schema["properties"]?[part] ?? schema["additionalProperties"] ?? schema["items"];
            if (next is not JsonObject below)
                return false;
            schema = below;
        }

        return true;
    }
}
