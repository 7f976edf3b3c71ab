using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Cca;

/// <summary>The evidence of TEE <c>cca</c> on the wire (trust.md 3.9): <c>{"token":[numbers from 0 to 255]}</c>.</summary>
public static class CcaEvidence
{
    private const string Structure = "cca.evidence";

    /// <exception cref="MalformedDataException">The text is no such evidence.</exception>
    public static CcaToken Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, 8 * CcaToken.MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        root.Only("token");
        var token = root.Any("token");
        if (token.ValueKind != JsonValueKind.Array || token.GetArrayLength() > CcaToken.MaxSize)
            throw root.Malformed("token", $"must be an array of at most {CcaToken.MaxSize} numbers");

        var bytes = new byte[token.GetArrayLength()];
        var i = 0;
        foreach (var number in token.EnumerateArray())
        {
            if (number.ValueKind != JsonValueKind.Number || !number.TryGetByte(out bytes[i]))
                throw root.Malformed("token", $"item {i} is no number from 0 to 255");
            i++;
        }

        return CcaToken.Parse(bytes);
    }
}
