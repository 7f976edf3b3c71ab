using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>A JSON object, each member a value. No signature: for a caller whose right to register was established otherwise.</summary>
internal sealed class SampleExtractor : IReferenceValueExtractor
{
    public string Type => "sample";

    public ExtractedValues Extract(byte[] payload, ReferenceValueTrust trust, DateTimeOffset at) => new(Read(payload));

    public static IReadOnlyList<(string Name, JsonNode? Value)> Read(byte[] payload)
    {
        using var document = StrictJson.Parse(payload, "reference-value.payload", ReferenceValueMessage.MaxBytes);
        var fields = new JsonFields("reference-value.payload", document.RootElement);
        return [.. fields.Element.EnumerateObject().Select(member => (member.Name, ReferenceValue.ToNode(member.Value)))];
    }
}
