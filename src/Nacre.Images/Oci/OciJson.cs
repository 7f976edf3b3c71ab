using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Images.References;

namespace Nacre.Images.Oci;

/// <summary>
/// Reads JSON of others strictly: one object, bounded, no member twice (two readers could take different ones). All failures are
/// <see cref="ImageException"/> with <see cref="ImageFault.Malformed"/>.
/// </summary>
internal static class OciJson
{
    private const int MaxDepth = 32;
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    public static JsonObject Parse(ReadOnlySpan<byte> json, string where)
    {
        if (!System.Text.Unicode.Utf8.IsValid(json))
            throw Malformed("it is not UTF-8", where);

        try
        {
            var root = JsonNode.Parse(json, documentOptions: s_options) as JsonObject ?? throw Malformed("it must be a JSON object", where);
            DecodeAll(root);
            return root;
        }
        catch (JsonException e)
        {
            throw Malformed($"it is no valid JSON: {e.Message}", where);
        }
        catch (InvalidOperationException)
        {
            throw Malformed("it has a text with half of a surrogate pair", where);
        }
    }

    // Names and texts are decoded when they are asked for, which may be far from here.
    private static void DecodeAll(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (_, value) in members)
                    DecodeAll(value);
                break;
            case JsonArray items:
                foreach (var item in items)
                    DecodeAll(item);
                break;
            case JsonValue value:
                value.TryGetValue<string>(out _);
                break;
        }
    }

    public static string Text(JsonObject owner, string member, string where) =>
        FindText(owner, member, where) ?? throw Malformed($"'{member}' is missing", where);

    public static string? FindText(JsonObject owner, string member, string where) => owner[member] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw Malformed($"'{member}' must be text", where),
    };

    public static JsonObject Object(JsonObject owner, string member, string where) =>
        FindObject(owner, member, where) ?? throw Malformed($"'{member}' is missing", where);

    public static JsonObject? FindObject(JsonObject owner, string member, string where) => owner[member] switch
    {
        null => null,
        JsonObject found => found,
        _ => throw Malformed($"'{member}' must be an object", where),
    };

    public static IEnumerable<JsonObject> Objects(JsonObject owner, string member, int most, string where) =>
        List(owner, member, most, where).Select(item => item as JsonObject ?? throw Malformed($"'{member}' must hold objects", where));

    public static IReadOnlyList<string> Texts(JsonObject owner, string member, int most, string where) =>
        [.. List(owner, member, most, where).Select(item => item is JsonValue value && value.TryGetValue<string>(out var text)
            ? text
            : throw Malformed($"'{member}' must hold text", where))];

    public static long Number(JsonObject owner, string member, string where) =>
        owner[member] is JsonValue value && value.TryGetValue<long>(out var number)
            ? number
            : throw Malformed($"'{member}' must be a whole number", where);

    public static Digest Digest(JsonObject owner, string member, string where) =>
        References.Digest.TryParse(Text(owner, member, where), out var digest)
            ? digest
            : throw Malformed($"'{member}' must be a sha256, sha384 or sha512 digest", where);

    /// <summary>Compact, and with every sign as it is: the default escapes the plus that half of all media types have.</summary>
    public static byte[] Utf8(JsonObject json)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            json.WriteTo(writer);
        return bytes.WrittenSpan.ToArray();
    }

    public static ImageException Malformed(string what, string where) =>
        new(ImageFault.Malformed, what, where, "the image was not built by the rules; build or push it again");

    private static JsonArray List(JsonObject owner, string member, int most, string where) => owner[member] switch
    {
        null => [],
        JsonArray list when list.Count <= most => list,
        JsonArray list => throw new ImageException(
            ImageFault.TooLarge, $"'{member}' has {list.Count} items, at most {most} are allowed", where, "use an image with fewer"),
        _ => throw Malformed($"'{member}' must be a list", where),
    };
}
