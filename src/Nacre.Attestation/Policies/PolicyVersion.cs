using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.Policies;

/// <summary>Who changed a policy, when, and why.</summary>
/// <param name="Author">As the audit record names the administrator.</param>
/// <param name="At">To the second.</param>
/// <param name="Note">Such as <c>rollback to 3</c>; null for a text that was set.</param>
public sealed record PolicyChange(string Author, DateTimeOffset At, string? Note = null);

/// <summary>One version of a policy, as it is kept.</summary>
/// <param name="Number">From 1, in the order of the changes.</param>
/// <param name="Change">Who, when and why.</param>
/// <param name="Policy">The text; null when the policy was deleted.</param>
public sealed record PolicyVersion(int Number, PolicyChange Change, PolicyDocument? Policy)
{
    // The text is base64 in it.
    private const int MaxBytes = 2 * PolicyDocument.MaxBytes;

    /// <summary>What may be listed: everything but the text.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["version"] = Number,
            ["digest"] = Policy?.Digest,
            ["at"] = Change.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["author"] = Change.Author,
        };
        if (Change.Note is not null)
            json["note"] = Change.Note;
        return json;
    }

    internal byte[] ToUtf8()
    {
        var json = ToJson();
        json["policy"] = Policy is null ? null : Convert.ToBase64String(Encoding.UTF8.GetBytes(Policy.Text));
        return JsonText.Utf8(json);
    }

    /// <exception cref="MalformedDataException">It is no version of a policy.</exception>
    internal static PolicyVersion Parse(string id, ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "policy.version", MaxBytes);
        var fields = new JsonFields("policy.version", document.RootElement);
        var at = DateTimeOffset.Parse(fields.Text("at", 32), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var text = fields.Find("policy") is null ? null : Encoding.UTF8.GetString(fields.Base64("policy", PolicyDocument.MaxBytes));
        return new PolicyVersion(
            fields.Any("version").GetInt32(), new PolicyChange(fields.Text("author", 1024), at, fields.FindText("note", 1024)),
            text is null ? null : new PolicyDocument(id, text));
    }
}
