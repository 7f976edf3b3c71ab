using System.Globalization;
using System.Text;

namespace Nacre.Rego.Json;

/// <summary>The escapes of JSON strings, which are those of Rego's strings in double quotes.</summary>
internal static class JsonEscapes
{
    /// <summary>Decodes the inside of a string. Lone surrogates become U+FFFD.</summary>
    /// <exception cref="FormatException">An escape that JSON does not have.</exception>
    public static string Decode(ReadOnlySpan<char> text)
    {
        if (!text.Contains('\\'))
            return text.ToString();

        var decoded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                decoded.Append(text[i]);
                continue;
            }

            if (++i == text.Length)
                throw new FormatException("an escape is cut off");

            if (text[i] != 'u')
            {
                decoded.Append(Simple(text[i]));
                continue;
            }

            if (i + 5 > text.Length || !IsHex(text.Slice(i + 1, 4)))
                throw new FormatException("\\u needs four hexadecimal digits");
            decoded.Append((char)int.Parse(text.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            i += 4;
        }

        return ReplaceLoneSurrogates(decoded);
    }

    private static bool IsHex(ReadOnlySpan<char> digits)
    {
        foreach (var digit in digits)
            if (!char.IsAsciiHexDigit(digit))
                return false;

        return true;
    }

    private static char Simple(char escape) => escape switch
    {
        '"' or '\\' or '/' => escape,
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        _ => throw new FormatException($"there is no escape \\{escape}"),
    };

    private static string ReplaceLoneSurrogates(StringBuilder text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                i++;
            else
                text[i] = '\uFFFD';
        }

        return text.ToString();
    }
}
