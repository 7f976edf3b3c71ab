using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>Where a reference value came from.</summary>
/// <param name="Author">Who registered it, as the audit record names him.</param>
/// <param name="At">When, to the second.</param>
/// <param name="Type">Of the document it was in, such as <c>slsa</c>.</param>
/// <param name="Document">Digest of that document, as received.</param>
/// <param name="Signers">Fingerprints of the keys that signed it; empty when nobody had to.</param>
/// <param name="Origin">Who made the document by its own words; null when it says nothing.</param>
public sealed record ReferenceValueProvenance(
    string Author, DateTimeOffset At, string Type, string Document, IReadOnlyList<string> Signers, string? Origin)
{
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["author"] = Author,
            ["at"] = ReferenceValue.Text(At),
            ["type"] = Type,
            ["document"] = Document,
            ["signers"] = new JsonArray([.. Signers.Select(signer => (JsonNode)signer)]),
        };
        if (Origin is not null)
            json["origin"] = Origin;
        return json;
    }

    internal static ReferenceValueProvenance Read(JsonFields fields) => new(
        fields.Text("author", 1024), ReferenceValue.ReadTime(fields, "at"), fields.Text("type", 32), fields.Text("document", 128),
        fields.Texts("signers"), fields.FindText("origin", 1024));
}
