using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues;

/// <summary>
/// The message that registers reference values (trust.md 4.2). The type <c>sample</c> carries no signature: it is for a caller whose right
/// to register was established otherwise, here the authenticated administrator.
/// </summary>
public static class ReferenceValueMessage
{
    public const int MaxBytes = 2 * 1024 * 1024;
    private const int MaxValues = 10_000;
    private const int MaxNameLength = 512;

    /// <exception cref="MalformedDataException">The message or its payload breaks a rule.</exception>
    public static IReadOnlyList<(string Name, JsonNode? Value)> Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, "reference-value", MaxBytes);
        var fields = new JsonFields("reference-value", document.RootElement);
        fields.Only("version", "type", "payload");
        if (fields.FindText("version", 16) is { } version && version != "0.1.0")
            throw fields.Malformed("version", $"Version unmatched! Need 0.1.0, given {version}.");

        return fields.Text("type", 32) switch
        {
            "sample" => Sample(fields.Base64("payload", MaxBytes)),
            var other => throw fields.Malformed("type", $"'{other}' is not one of sample"),
        };
    }

    private static List<(string, JsonNode?)> Sample(byte[] payload)
    {
        using var document = StrictJson.Parse(payload, "reference-value.payload", MaxBytes);
        var fields = new JsonFields("reference-value.payload", document.RootElement);
        var values = new List<(string, JsonNode?)>();
        foreach (var member in fields.Element.EnumerateObject())
        {
            if (!IsName(member.Name))
                throw fields.Malformed("(name)", $"must be 1 to {MaxNameLength} printable characters without blanks");
            values.Add((member.Name, ReferenceValue.ToNode(member.Value)));
        }

        return values.Count is > 0 and <= MaxValues
            ? values : throw fields.Malformed("(value)", $"has {values.Count} members, must have 1 to {MaxValues}");
    }

    private static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && name.All(c => c is > ' ' and < '\x7f');
}
