using System.Text.Json;
using Nacre.Formats.Jose;

namespace Nacre.Formats.Json;

/// <summary>Reads the members of one JSON object by name; a failure names the structure and the member.</summary>
public readonly struct JsonFields
{
    private readonly string _structure;

    /// <exception cref="MalformedDataException"><paramref name="element"/> is no object.</exception>
    public JsonFields(string structure, JsonElement element)
    {
        (_structure, Element) = (structure, element);
        if (element.ValueKind != JsonValueKind.Object)
            throw new MalformedDataException(structure, "(value)", 0, $"must be an object, is {Kind(element)}");
    }

    public JsonElement Element { get; }

    /// <summary>Null when the member is absent or is JSON null.</summary>
    public JsonElement? Find(string name) =>
        Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The member must be there; it may be null.</summary>
    public JsonElement Any(string name) => Element.TryGetProperty(name, out var value) ? value : throw Malformed(name, "is missing");

    public string Text(string name, int max = 65_536) => TextOf(name, Any(name), max);

    public string? FindText(string name, int max = 65_536) => Find(name) is { } value ? TextOf(name, value, max) : null;

    public JsonFields Object(string name) => new($"{_structure}.{name}", Any(name));

    public JsonFields? FindObject(string name) => Find(name) is { } value ? new($"{_structure}.{name}", value) : null;

    public JsonElement.ArrayEnumerator Array(string name, int max = 1024)
    {
        var value = Any(name);
        if (value.ValueKind != JsonValueKind.Array)
            throw Malformed(name, $"must be an array, is {Kind(value)}");

        return value.GetArrayLength() <= max
            ? value.EnumerateArray() : throw Malformed(name, $"has {value.GetArrayLength()} items, at most {max} are allowed");
    }

    public IReadOnlyList<string> Texts(string name, int max = 1024)
    {
        var texts = new List<string>();
        foreach (var item in Array(name, max))
            texts.Add(TextOf(name, item, 65_536));
        return texts;
    }

    /// <summary>Base64url without padding (RFC 7515 section 2).</summary>
    public byte[] Base64Url(string name, int max)
    {
        var text = Text(name, (max + 2) / 3 * 4);
        return Base64UrlText.TryDecode(text, out var bytes) && bytes.Length <= max
            ? bytes : throw Malformed(name, "must be base64url without padding");
    }

    /// <summary>Base64 with padding (RFC 4648 section 4).</summary>
    public byte[] Base64(string name, int max)
    {
        var text = Text(name, (max + 2) / 3 * 4);
        var bytes = new byte[text.Length / 4 * 3 + 3];
        return !text.AsSpan().ContainsAny(" \t\r\n") && Convert.TryFromBase64String(text, bytes, out var length) && length <= max
            ? bytes[..length] : throw Malformed(name, "must be base64 with padding");
    }

    /// <summary>Refuses members that are not named: what is not understood must not be taken as agreed.</summary>
    public void Only(params ReadOnlySpan<string> names)
    {
        foreach (var member in Element.EnumerateObject())
        {
            if (!names.Contains(member.Name))
                throw Malformed(member.Name.Length > 64 ? member.Name[..64] : member.Name, "is not a member that is known here");
        }
    }

    public MalformedDataException Malformed(string name, string rule) => new(_structure, name, 0, rule);

    private string TextOf(string name, JsonElement value, int max)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Malformed(name, $"must be a string, is {Kind(value)}");

        try
        {
            var text = value.GetString()!;
            return text.Length <= max ? text : throw Malformed(name, $"is {text.Length} characters long, at most {max} are allowed");
        }
        catch (InvalidOperationException e)
        {
            throw new MalformedDataException(_structure, name, 0, "holds half of a surrogate pair", e);
        }
    }

    private static string Kind(JsonElement value) => value.ValueKind.ToString().ToLowerInvariant();
}
