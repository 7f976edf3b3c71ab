using System.Buffers;
using System.Text;
using System.Text.Json;
using Nacre.Formats;

namespace Nacre.Attestation.ReferenceValues.InToto;

/// <summary>
/// The canonical JSON that in-toto signs (OLPC's): members in the order of their code points, no blanks, integers only, and of a string only
/// the quote and the backslash escaped.
/// </summary>
internal static class InTotoCanonicalJson
{
    /// <exception cref="MalformedDataException">There is a number that is no integer, or half of a surrogate pair.</exception>
    public static byte[] Write(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(4096);
        try
        {
            WriteValue(output, value);
        }
        catch (InvalidOperationException e)
        {
            // What the framework says of an escape that is half of a character.
            throw new MalformedDataException("in-toto.json", "(string)", 0, "holds half of a surrogate pair", e);
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteValue(ArrayBufferWriter<byte> output, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(output, value);
                break;
            case JsonValueKind.Array:
                output.Write("["u8);
                var next = false;
                foreach (var item in value.EnumerateArray())
                {
                    if (next)
                        output.Write(","u8);
                    next = true;
                    WriteValue(output, item);
                }

                output.Write("]"u8);
                break;
            case JsonValueKind.String:
                WriteString(output, value.GetString()!);
                break;
            case JsonValueKind.Number:
                if (!value.TryGetInt64(out var number) || value.GetRawText().AsSpan().ContainsAny(".eE"))
                    throw new MalformedDataException("in-toto.json", "(number)", 0, "is no integer");
                Encoding.UTF8.GetBytes(number.ToString(System.Globalization.CultureInfo.InvariantCulture), output);
                break;
            default:
                Encoding.UTF8.GetBytes(value.GetRawText(), output);
                break;
        }
    }

    private static void WriteObject(ArrayBufferWriter<byte> output, JsonElement value)
    {
        output.Write("{"u8);
        var next = false;
        var members = value.EnumerateObject().Select(member => (Name: Encoding.UTF8.GetBytes(member.Name), Member: member));
        foreach (var (_, member) in members.OrderBy(member => member.Name, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))))
        {
            if (next)
                output.Write(","u8);
            next = true;
            WriteString(output, member.Name);
            output.Write(":"u8);
            WriteValue(output, member.Value);
        }

        output.Write("}"u8);
    }

    private static void WriteString(ArrayBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        Encoding.UTF8.GetBytes(escaped, output);
        output.Write("\""u8);
    }
}
