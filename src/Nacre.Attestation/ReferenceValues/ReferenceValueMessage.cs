using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>
/// The message that registers reference values (trust.md 4.2), with two members of ours: <c>state</c> (<c>active</c> or <c>staged</c>) and
/// <c>expiration</c>. The type <c>sample</c> carries no signature: it is for a caller whose right to register was established otherwise, here
/// the authenticated administrator.
/// </summary>
public static class ReferenceValueMessage
{
    public const int MaxBytes = 2 * 1024 * 1024;

    /// <summary>Of a value, in characters.</summary>
    public const int MaxNameLength = 512;

    private const int MaxValues = 10_000;

    /// <param name="utf8">The message.</param>
    /// <param name="trust">Whose signatures are believed on the documents in it.</param>
    /// <param name="at">The time at which these must be valid.</param>
    /// <exception cref="MalformedDataException">The message or its payload breaks a rule, or nobody who is believed signed it.</exception>
    public static ReferenceValueDocument Parse(ReadOnlyMemory<byte> utf8, ReferenceValueTrust trust, DateTimeOffset at)
    {
        using var document = StrictJson.Parse(utf8, "reference-value", MaxBytes);
        var fields = new JsonFields("reference-value", document.RootElement);
        fields.Only("version", "type", "payload", "state", "expiration");
        if (fields.FindText("version", 16) is { } version && version != "0.1.0")
            throw fields.Malformed("version", $"Version unmatched! Need 0.1.0, given {version}.");

        var type = fields.Text("type", 32);
        var extractor = ReferenceValueExtractors.All.FirstOrDefault(extractor => extractor.Type == type)
            ?? throw fields.Malformed("type", $"'{type}' is not one of {string.Join(", ", ReferenceValueExtractors.Types)}");
        var payload = fields.Base64("payload", MaxBytes);
        var extracted = extractor.Extract(payload, trust, at);
        RequireNames(extracted.Values);
        return new(type, $"sha256:{Convert.ToHexStringLower(SHA256.HashData(payload))}", extracted)
        {
            IsStaged = IsStaged(fields),
            Expiration = fields.FindText("expiration", 32) is { } text ? Expiration(fields, text, at) : null,
        };
    }

    private static bool IsStaged(JsonFields fields) => fields.FindText("state", 16) switch
    {
        null or "active" => false,
        "staged" => true,
        var other => throw fields.Malformed("state", $"'{other}' is not one of active, staged"),
    };

    private static DateTimeOffset Expiration(JsonFields fields, string text, DateTimeOffset at) =>
        ReferenceValue.TryParseTime(text) is { } time && time > at
            ? time : throw fields.Malformed("expiration", "must be a time to come, such as 2027-08-21T10:00:00Z");

    private static void RequireNames(IReadOnlyList<(string Name, JsonNode? Value)> values)
    {
        if (values.FirstOrDefault(value => !IsName(value.Name)).Name is not null)
            throw Malformed("(name)", $"must be 1 to {MaxNameLength} printable characters without blanks");
        if (values.GroupBy(value => value.Name).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
            throw Malformed(twice.Key, "is there twice");
        if (values.Count is 0 or > MaxValues)
            throw Malformed("(value)", $"has {values.Count} members, must have 1 to {MaxValues}");
    }

    private static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && name.All(c => c is > ' ' and < '\x7f');

    private static MalformedDataException Malformed(string field, string rule) => new("reference-value.payload", field, 0, rule);
}
