using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>Who changes reference values, when, and why.</summary>
/// <param name="Author">As the audit record names the administrator.</param>
/// <param name="At">To the second.</param>
/// <param name="Note">His reason; null when he gives none.</param>
public sealed record ReferenceValueChange(string Author, DateTimeOffset At, string? Note = null);

/// <summary>One thing that happened to a reference value.</summary>
/// <param name="Kind">One of the constants below.</param>
/// <param name="Change">Who, when and why.</param>
/// <param name="Value">What it happened to.</param>
public sealed record ReferenceValueEvent(string Kind, ReferenceValueChange Change, ReferenceValue Value)
{
    public const string Registered = "registered";
    public const string Staged = "staged";
    public const string Activated = "activated";
    public const string Revoked = "revoked";
    public const string Deleted = "deleted";

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["event"] = Kind, ["author"] = Change.Author, ["at"] = ReferenceValue.Text(Change.At) };
        if (Change.Note is not null)
            json["note"] = Change.Note;
        json["value"] = Value.ToJson();
        return json;
    }

    internal static ReferenceValueEvent Read(JsonFields fields) => new(
        fields.Text("event", 16), new(fields.Text("author", 1024), ReferenceValue.ReadTime(fields, "at"), fields.FindText("note", 1024)),
        ReferenceValue.Read(fields.Object("value")));
}
