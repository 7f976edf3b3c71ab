using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Nacre.Formats.Json;

/// <summary>The JSON Canonicalization Scheme (RFC 8785): what both sides of the KBS protocol hash.</summary>
public static class CanonicalJson
{
    private static readonly SearchValues<char> s_escaped =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(code => (char)code), '"', '\\']);

    /// <exception cref="MalformedDataException">A string holds half of a surrogate pair, or a number is beyond a double.</exception>
    public static byte[] Write(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(512);
        WriteValue(output, value);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A string as RFC 8785 section 3.2.2.2 spells it, with its quotes.</summary>
    public static void WriteString(IBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        output.Write("\""u8);
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAny(s_escaped);
            if (plain < 0)
            {
                WriteUtf8(output, text);
                break;
            }

            WriteUtf8(output, text[..plain]);
            WriteEscaped(output, text[plain]);
            text = text[(plain + 1)..];
        }

        output.Write("\""u8);
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
                var first = true;
                foreach (var item in value.EnumerateArray())
                {
                    if (!first)
                        output.Write(","u8);
                    first = false;
                    WriteValue(output, item);
                }

                output.Write("]"u8);
                break;
            case JsonValueKind.String:
                WriteString(output, Text(() => value.GetString()!));
                break;
            case JsonValueKind.Number:
                WriteUtf8(output, Number(value.GetDouble()));
                break;
            case JsonValueKind.True:
                output.Write("true"u8);
                break;
            case JsonValueKind.False:
                output.Write("false"u8);
                break;
            default:
                output.Write("null"u8);
                break;
        }
    }

    private static void WriteObject(ArrayBufferWriter<byte> output, JsonElement value)
    {
        // RFC 8785 section 3.2.3: members are sorted by the UTF-16 units of their names.
        var members = new List<(string Name, JsonElement Value)>();
        foreach (var member in value.EnumerateObject())
            members.Add((Text(() => member.Name), member.Value));
        members.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));

        output.Write("{"u8);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
                output.Write(","u8);
            WriteString(output, members[i].Name);
            output.Write(":"u8);
            WriteValue(output, members[i].Value);
        }

        output.Write("}"u8);
    }

    private static string Text(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw new MalformedDataException("json", "(string)", 0, "holds half of a surrogate pair", e);
        }
    }

    private static void WriteEscaped(IBufferWriter<byte> output, char c)
    {
        switch (c)
        {
            case '"': output.Write("\\\""u8); break;
            case '\\': output.Write("\\\\"u8); break;
            case '\b': output.Write("\\b"u8); break;
            case '\f': output.Write("\\f"u8); break;
            case '\n': output.Write("\\n"u8); break;
            case '\r': output.Write("\\r"u8); break;
            case '\t': output.Write("\\t"u8); break;
            default: WriteUtf8(output, $"\\u{(int)c:x4}"); break;
        }
    }

    private static void WriteUtf8(IBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return;

        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    /// <summary>A number as ECMAScript prints it (ECMA-262 section 6.1.6.1.20), which RFC 8785 section 3.2.2.3 takes over.</summary>
    internal static string Number(double value)
    {
        if (!double.IsFinite(value))
            throw new MalformedDataException("json", "(number)", 0, "is beyond the range of a double");
        if (value == 0)
            return "0";

        // "R" gives the shortest digits that read back as the same double; only their layout differs from ECMAScript's.
        var text = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var exponentAt = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = exponentAt < 0 ? 0 : int.Parse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa : mantissa[..point];
        var all = point < 0 ? mantissa : whole + mantissa[(point + 1)..];
        var leadingZeros = all.Length - all.TrimStart('0').Length;
        var n = whole.Length + exponent - leadingZeros;
        var digits = all.Trim('0');
        var sign = value < 0 ? "-" : "";
        var k = digits.Length;

        if (k <= n && n <= 21)
            return sign + digits + new string('0', n - k);
        if (n is > 0 and <= 21)
            return $"{sign}{digits[..n]}.{digits[n..]}";
        if (n is > -6 and <= 0)
            return $"{sign}0.{new string('0', -n)}{digits}";

        var e = n - 1;
        return $"{sign}{digits[0]}{(k > 1 ? "." + digits[1..] : "")}e{(e < 0 ? "-" : "+")}{Math.Abs(e)}";
    }
}
