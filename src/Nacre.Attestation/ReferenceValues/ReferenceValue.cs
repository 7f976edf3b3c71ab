using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>What a measurement may be, by name, until a time (trust.md 4.3).</summary>
/// <param name="Name">As policies ask for it, such as <c>tpm_pcr08</c>.</param>
/// <param name="Value">Any JSON; usually an array of the values that are allowed.</param>
/// <param name="Expiration">From then on it is as if it were not there.</param>
public sealed record ReferenceValue(string Name, JsonNode? Value, DateTimeOffset Expiration)
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public JsonObject ToJson() => new()
    {
        ["version"] = "0.1.0",
        ["name"] = Name,
        ["expiration"] = Expiration.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture),
        ["value"] = Value?.DeepClone(),
    };

    /// <summary>Says that there is none of a name: it has ended long ago.</summary>
    internal static ReferenceValue Absent(string name) => new(name, null, DateTimeOffset.MinValue);

    /// <summary>The form in which it is stored, by upstream too.</summary>
    /// <exception cref="MalformedDataException">It is another.</exception>
    public static ReferenceValue Read(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "reference-value", ReferenceValueMessage.MaxBytes);
        var fields = new JsonFields("reference-value", document.RootElement);
        fields.Only("version", "name", "expiration", "value");
        return DateTimeOffset.TryParseExact(
            fields.Text("expiration", 32), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expiration)
            ? new ReferenceValue(fields.Text("name", 512), ToNode(fields.Any("value")), expiration)
            : throw fields.Malformed("expiration", "must be a time such as 2027-08-21T10:00:00Z");
    }

    public byte[] ToUtf8() => JsonText.Utf8(ToJson());

    internal static ReferenceValue Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "reference-value", ReferenceValueMessage.MaxBytes);
        var fields = new JsonFields("reference-value", document.RootElement);
        var expiration = DateTimeOffset.ParseExact(
            fields.Text("expiration", 32), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return new ReferenceValue(fields.Text("name", 1024), ToNode(fields.Any("value")), expiration);
    }

    internal static JsonNode? ToNode(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(element.Clone()),
        JsonValueKind.Array => JsonArray.Create(element.Clone()),
        JsonValueKind.Null => null,
        _ => JsonValue.Create(element.Clone()),
    };
}
