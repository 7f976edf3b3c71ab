using System.Globalization;
using System.Text;

namespace Nacre.Rego.Json;

/// <summary>Values as Rego terms: <c>{"a": 1}</c>, <c>{1, 2}</c>, <c>set()</c>.</summary>
internal static class TermText
{
    public static string Write(RegoValue value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return text.ToString();
    }

    public static void Append(StringBuilder text, RegoValue value)
    {
        switch (value)
        {
            case RegoNull:
                text.Append("null");
                break;
            case RegoBool flag:
                text.Append(flag.Value ? "true" : "false");
                break;
            case RegoNumber number:
                text.Append(number.Text);
                break;
            case RegoString s:
                Quote(text, s.Value);
                break;
            case RegoArray array:
                text.Append('[');
                AppendItems(text, array.Span);
                text.Append(']');
                break;
            case RegoSet { Count: 0 }:
                text.Append("set()");
                break;
            case RegoSet set:
                text.Append('{');
                AppendItems(text, set.Span);
                text.Append('}');
                break;
            case RegoObject members:
                text.Append('{');
                for (var i = 0; i < members.Count; i++)
                {
                    if (i > 0)
                        text.Append(", ");
                    Append(text, members.KeySpan[i]);
                    text.Append(": ");
                    Append(text, members.ValueSpan[i]);
                }

                text.Append('}');
                break;
        }
    }

    public static string Quote(string value)
    {
        var text = new StringBuilder(value.Length + 2);
        Quote(text, value);
        return text.ToString();
    }

    /// <summary>As Go's strconv.Quote.</summary>
    public static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            switch (c)
            {
                case '"':
                    text.Append("\\\"");
                    break;
                case '\\':
                    text.Append("\\\\");
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\a':
                    text.Append("\\a");
                    break;
                case '\b':
                    text.Append("\\b");
                    break;
                case '\f':
                    text.Append("\\f");
                    break;
                case '\v':
                    text.Append("\\v");
                    break;
                case < ' ' or '\u007f':
                    text.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture));
                    break;
                default:
                    if (!char.IsSurrogate(c))
                        text.Append(c);
                    else if (i + 1 < value.Length && char.IsSurrogatePair(c, value[i + 1]))
                        text.Append(c).Append(value[++i]);
                    else
                        text.Append("\\x").Append((c & 0xFF).ToString("x2", CultureInfo.InvariantCulture));
                    break;
            }
        }

        text.Append('"');
    }

    private static void AppendItems(StringBuilder text, ReadOnlySpan<RegoValue> items)
    {
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
                text.Append(", ");
            Append(text, items[i]);
        }
    }
}
