using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>What the JSON documents of supply chains have in common.</summary>
internal static class SupplyChainDocument
{
    public const int MaxItems = 10_000;

    public static IEnumerable<JsonFields> Objects(this JsonFields fields, string name, string structure) =>
        Items(fields, name).Select(item => new JsonFields(structure, item));

    public static IReadOnlyList<string> Texts(this JsonFields fields, string name) =>
        [.. Items(fields, name).Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw fields.Malformed(name, "must hold strings"))];

    /// <summary>Digests by algorithm, in lower-case hexadecimal; at least one.</summary>
    public static IReadOnlyDictionary<string, string> Digests(this JsonFields digests)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in digests.Element.EnumerateObject())
        {
            var digest = digests.Text(member.Name, 128);
            if (digest.Length is < 40 or > 128 || digest.Length % 2 != 0 || !digest.All(char.IsAsciiHexDigit))
                throw digests.Malformed(member.Name, "must be a digest in hexadecimal");
            found.Add(member.Name, digest.ToLowerInvariant());
        }

        return found.Count > 0 ? found : throw digests.Malformed("(digests)", "are none");
    }

    /// <summary>Digests as the value of a name.</summary>
    public static JsonArray ToValue(IReadOnlyDictionary<string, string> digests) => [.. digests.Values.Select(digest => JsonValue.Create(digest))];

    public static byte[] Hex(this JsonFields fields, string name, int max)
    {
        return HexText.Decode(fields.Text(name, 2 * max)) ?? throw fields.Malformed(name, "must be hexadecimal digits of one case");
    }

    private static JsonElement.ArrayEnumerator Items(JsonFields fields, string name) => fields.Array(name, MaxItems);
}
