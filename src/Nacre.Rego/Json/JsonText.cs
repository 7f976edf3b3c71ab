using System.Globalization;
using System.Text;

namespace Nacre.Rego.Json;

/// <summary>Values to JSON text, byte for byte as Go writes it when asked to escape for HTML.</summary>
internal sealed class JsonText(bool escapeHtml, string? prefix = null, string? indent = null)
{
    private readonly StringBuilder _text = new();

    public static string Write(RegoValue value) => new JsonText(escapeHtml: false).Render(value);

    /// <summary>What <c>json.marshal</c> gives.</summary>
    public static string WriteGo(RegoValue value) => new JsonText(escapeHtml: true).Render(value);

    public string Render(RegoValue value)
    {
        Append(value, 0);
        return _text.ToString();
    }

    private void Append(RegoValue value, int depth)
    {
        switch (value)
        {
            case RegoNull:
                _text.Append("null");
                break;
            case RegoBool flag:
                _text.Append(flag.Value ? "true" : "false");
                break;
            case RegoNumber number:
                _text.Append(number.Text);
                break;
            case RegoString text:
                AppendString(_text, text.Value, escapeHtml);
                break;
            case RegoArray array:
                AppendItems(array.Span, depth);
                break;
            case RegoSet set:
                AppendItems(set.Span, depth);
                break;
            case RegoObject members:
                AppendMembers(members, depth);
                break;
        }
    }

    private void AppendItems(ReadOnlySpan<RegoValue> items, int depth)
    {
        _text.Append('[');
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
                _text.Append(',');
            NewLine(depth + 1);
            Append(items[i], depth + 1);
        }

        if (items.Length > 0)
            NewLine(depth);
        _text.Append(']');
    }

    private void AppendMembers(RegoObject members, int depth)
    {
        _text.Append('{');
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
                _text.Append(',');
            NewLine(depth + 1);
            AppendString(_text, KeyText(members.KeySpan[i]), escapeHtml);
            _text.Append(indent is null && prefix is null ? ":" : ": ");
            Append(members.ValueSpan[i], depth + 1);
        }

        if (members.Count > 0)
            NewLine(depth);
        _text.Append('}');
    }

    private void NewLine(int depth)
    {
        if (indent is null && prefix is null)
            return;

        _text.Append('\n').Append(prefix);
        for (var i = 0; i < depth; i++)
            _text.Append(indent);
    }

    /// <summary>JSON has no keys but strings; others are written as their JSON.</summary>
    public static string KeyText(RegoValue key) => key is RegoString text ? text.Value : Write(key);

    public static void AppendString(StringBuilder text, string value, bool escapeHtml)
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
                case '\b':
                    text.Append("\\b");
                    break;
                case '\f':
                    text.Append("\\f");
                    break;
                case < ' ' or '\u2028' or '\u2029':
                    text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                case '<' or '>' or '&' when escapeHtml:
                    text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default:
                    if (!char.IsSurrogate(c))
                        text.Append(c);
                    else if (i + 1 < value.Length && char.IsSurrogatePair(c, value[i + 1]))
                        text.Append(c).Append(value[++i]);
                    else
                        text.Append("\\ufffd");
                    break;
            }
        }

        text.Append('"');
    }
}
