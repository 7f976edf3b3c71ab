using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>How a claim writes its value, and how it is compared.</summary>
internal enum ClaimForm
{
    /// <summary>The same bytes, in lower-case hexadecimal.</summary>
    Hex,

    /// <summary>The same bytes, in base64; the owner writes hexadecimal.</summary>
    Base64,

    /// <summary>The same text.</summary>
    Text,

    /// <summary>The same number, in two bytes of hexadecimal, the low one first.</summary>
    LittleEndian,

    /// <summary>As <see cref="LittleEndian"/>, at least as large.</summary>
    LittleEndianOrMore,

    /// <summary>A number, or one as text, at least as large.</summary>
    NumberOrMore,
}

/// <summary>One member of an identity: the claim it is about and how it is compared.</summary>
/// <param name="Pointer">RFC 6901, from where the device's claims are in the token.</param>
/// <param name="Form">Of the claim.</param>
/// <param name="Weight">2 says by itself which program runs, 1 with another of weight 1.</param>
internal sealed record ClaimTest(string Pointer, ClaimForm Form, int Weight)
{
    private const int MaxBytes = 64;

    /// <summary>What is expected, as the owner wrote it.</summary>
    /// <exception cref="MalformedDataException">The claim can have no such value.</exception>
    public void Check(JsonFields fields, string name)
    {
        switch (Form)
        {
            case ClaimForm.Hex or ClaimForm.Base64:
                var text = fields.Text(name, 2 * MaxBytes);
                if (text.Length == 0 || text.Length % 2 != 0 || !text.All(char.IsAsciiHexDigitLower))
                    throw fields.Malformed(name, $"must be 1 to {MaxBytes} bytes in lower-case hexadecimal");
                break;
            case ClaimForm.Text:
                if (fields.Text(name, 256).Length == 0)
                    throw fields.Malformed(name, "must not be empty");
                break;
            default:
                if (fields.Any(name) is not { ValueKind: JsonValueKind.Number } number || !number.TryGetUInt16(out _))
                    throw fields.Malformed(name, $"must be a whole number up to {ushort.MaxValue}");
                break;
        }
    }

    /// <summary>Whether a claim is as expected; one that is not there is not.</summary>
    public bool Holds(JsonNode expected, JsonNode? claim) => Form switch
    {
        ClaimForm.Hex or ClaimForm.Text => TextOf(claim) == (string)expected!,
        ClaimForm.Base64 => TextOf(claim) == Convert.ToBase64String(Convert.FromHexString((string)expected!)),
        ClaimForm.LittleEndian => LittleEndian(claim) == (long)expected,
        ClaimForm.LittleEndianOrMore => LittleEndian(claim) >= (long)expected,
        _ => Number(claim) >= (long)expected,
    };

    private static string? TextOf(JsonNode? claim) => claim is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static long? LittleEndian(JsonNode? claim) =>
        TextOf(claim) is { Length: 4 } text && text.All(char.IsAsciiHexDigit)
            ? BinaryPrimitives.ReadUInt16LittleEndian(Convert.FromHexString(text)) : null;

    private static long? Number(JsonNode? claim)
    {
        if (TextOf(claim) is { } text)
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var written) ? written : null;
        return claim is JsonValue value && value.GetValueKind() == JsonValueKind.Number
            && long.TryParse(value.ToJsonString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
