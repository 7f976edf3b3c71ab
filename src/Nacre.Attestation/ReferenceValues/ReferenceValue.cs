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
    private const string Structure = "reference-value";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>Before the end of a value this is the time to look for its successor.</summary>
    public static TimeSpan Notice { get; } = TimeSpan.FromDays(30);

    /// <summary>Where it came from; null for a value that was kept before this was written down.</summary>
    public ReferenceValueProvenance? Provenance { get; init; }

    /// <summary>As it is kept: upstream's members, and <c>provenance</c>, which upstream passes over.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["version"] = "0.1.0",
            ["name"] = Name,
            ["expiration"] = Text(Expiration),
            ["value"] = Value?.DeepClone(),
        };
        if (Provenance is not null)
            json["provenance"] = Provenance.ToJson();
        return json;
    }

    /// <summary>Says that there is none of a name: it has ended long ago.</summary>
    internal static ReferenceValue Absent(string name) => new(name, null, DateTimeOffset.MinValue);

    public byte[] ToUtf8() => JsonText.Utf8(ToJson());

    /// <summary>The form in which it is stored, by upstream too.</summary>
    /// <exception cref="MalformedDataException">It is another.</exception>
    public static ReferenceValue Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, ReferenceValueMessage.MaxBytes);
        return Read(new JsonFields(Structure, document.RootElement));
    }

    internal static ReferenceValue Read(JsonFields fields) =>
        new(fields.Text("name", 1024), ToNode(fields.Any("value")), ReadTime(fields, "expiration"))
        {
            Provenance = fields.FindObject("provenance") is { } provenance ? ReferenceValueProvenance.Read(provenance) : null,
        };

    internal static JsonNode? ToNode(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(element.Clone()),
        JsonValueKind.Array => JsonArray.Create(element.Clone()),
        JsonValueKind.Null => null,
        _ => JsonValue.Create(element.Clone()),
    };

    internal static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    internal static DateTimeOffset? TryParseTime(string text) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    internal static DateTimeOffset ReadTime(JsonFields fields, string name) =>
        TryParseTime(fields.Text(name, 32)) ?? throw fields.Malformed(name, "must be a time such as 2027-08-21T10:00:00Z");
}
