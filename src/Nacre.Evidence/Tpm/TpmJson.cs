using System.Text.Json;
using Nacre.Formats;

namespace Nacre.Evidence.Tpm;

/// <summary>Strict reading of the small JSON objects of this folder: no duplicate, missing or unknown members, bounded strings.</summary>
internal readonly ref struct TpmJson
{
    private readonly string _structure;
    private readonly JsonElement _object;

    public TpmJson(string structure, JsonElement element, params ReadOnlySpan<string> members)
    {
        (_structure, _object) = (structure, element);
        if (element.ValueKind != JsonValueKind.Object)
            throw Malformed("(root)", "must be an object");

        foreach (var member in element.EnumerateObject())
        {
            if (!members.Contains(member.Name))
                throw Malformed(Shown(member.Name), "is not known");
        }
    }

    public JsonElement Member(string name) =>
        _object.TryGetProperty(name, out var value) ? value : throw Malformed(name, "is missing");

    public string Text(string name, int max) => Text(name, Member(name), max);

    public byte[] Base64(string name, int max) => Base64(name, Member(name), max);

    public string Text(string name, JsonElement value, int max)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Malformed(name, "must be a string");

        var text = ReadString(name, value);
        return text.Length <= max ? text : throw Malformed(name, $"is {text.Length} characters long, at most {max} are allowed");
    }

    /// <summary>Standard alphabet, with padding, no white space: one value has one spelling.</summary>
    public byte[] Base64(string name, JsonElement value, int max)
    {
        var text = Text(name, value, (max + 2) / 3 * 4);
        var bytes = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64String(text, bytes, out var count) || Convert.ToBase64String(bytes, 0, count) != text)
            throw Malformed(name, "is not base64 (standard alphabet, padded)");

        return count <= max ? bytes[..count] : throw Malformed(name, $"is {count} bytes long, at most {max} are allowed");
    }

    public List<JsonElement> Array(string name, int max)
    {
        var value = Member(name);
        if (value.ValueKind != JsonValueKind.Array)
            throw Malformed(name, "must be an array");

        var length = value.GetArrayLength();
        return length <= max ? [.. value.EnumerateArray()] : throw Malformed(name, $"has {length} entries, at most {max} are allowed");
    }

    public MalformedDataException Malformed(string field, string rule) => new(_structure, field, 0, rule);

    private string ReadString(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new MalformedDataException(_structure, name, 0, "is not valid text", error);
        }
    }

    private static string Shown(string name) => name.Length <= 40 ? name : name[..40] + "…";
}
