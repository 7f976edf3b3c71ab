using System.Globalization;
using System.Text;
using Nacre.Rego.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nacre.Rego.Builtins;

/// <summary>YAML to values and back. Only what JSON can say: tags are not looked at, keys become strings.</summary>
internal static class Yaml
{
    private const int MaxNodes = 1_000_000;
    private const int MaxDepth = 256;

    public static RegoValue Read(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new Parser(new Scanner(new StringReader(text), skipComments: true)));
            var budget = MaxNodes;
            return stream.Documents.Count == 0 ? RegoNull.Value : Value(stream.Documents[0].RootNode, 0, ref budget);
        }
        catch (YamlException e)
        {
            throw new RegoBuiltinException($"yaml: line {Math.Max(1, e.Start.Line - 1)}: {Explain(e)}");
        }
    }

    public static string Write(RegoValue value)
    {
        var text = new StringBuilder();
        Append(text, value, 0, inline: false);
        return text.ToString();
    }

    // OPA's reader says it in these words.
    private static string Explain(YamlException e) =>
        e.Message.Contains("expected ',' or ']'", StringComparison.Ordinal) ? "did not find expected ',' or ']'" : e.Message;

    private static RegoValue Value(YamlNode node, int depth, ref int budget)
    {
        if (--budget < 0 || depth > MaxDepth)
            throw new RegoBuiltinException("yaml: document is too large or nested too deep");

        switch (node)
        {
            case YamlSequenceNode sequence:
                var items = new List<RegoValue>();
                foreach (var item in sequence.Children)
                    items.Add(Value(item, depth + 1, ref budget));
                return RegoArray.From(items);
            case YamlMappingNode mapping:
                var members = new Dictionary<RegoValue, RegoValue>();
                foreach (var (key, value) in mapping.Children)
                    members[new RegoString(Value(key, depth + 1, ref budget) is RegoString text ? text.Value : Value(key, depth + 1, ref budget).ToJson())]
                        = Value(value, depth + 1, ref budget);
                return RegoObject.FromDistinct(members);
            default:
                return Scalar((YamlScalarNode)node);
        }
    }

    private static RegoValue Scalar(YamlScalarNode node)
    {
        var text = node.Value ?? "";
        if (node.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
            return new RegoString(text);

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return RegoNull.Value;
            case "true" or "True" or "TRUE":
                return RegoBool.True;
            case "false" or "False" or "FALSE":
                return RegoBool.False;
        }

        if (text.StartsWith("0x", StringComparison.Ordinal) && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex))
            return RegoNumber.From(hex);

        var digits = text.TrimStart('+');
        return digits.Length > 0 && (char.IsAsciiDigit(digits[0]) || digits[0] is '-' or '.') && RegoNumber.TryParse(digits, out var number)
            ? number
            : new RegoString(text);
    }

    private static void Append(StringBuilder text, RegoValue value, int indent, bool inline)
    {
        switch (value)
        {
            case RegoObject { Count: 0 }:
                text.Append("{}\n");
                break;
            case RegoObject members:
                for (var i = 0; i < members.Count; i++)
                {
                    if (i > 0 || !inline)
                        text.Append(' ', indent);
                    AppendText(text, JsonText.KeyText(members.KeySpan[i]));
                    text.Append(':');
                    AppendBelow(text, members.ValueSpan[i], indent);
                }

                break;
            case RegoArray { Count: 0 } or RegoSet { Count: 0 }:
                text.Append("[]\n");
                break;
            case RegoArray array:
                AppendItems(text, array.Span, indent, inline);
                break;
            case RegoSet set:
                AppendItems(text, set.Span, indent, inline);
                break;
            case RegoString s:
                AppendText(text, s.Value);
                text.Append('\n');
                break;
            default:
                text.Append(value.ToJson()).Append('\n');
                break;
        }
    }

    private static void AppendBelow(StringBuilder text, RegoValue value, int indent)
    {
        var isMap = value is RegoObject { Count: > 0 };
        var isList = value is RegoArray { Count: > 0 } or RegoSet { Count: > 0 };
        text.Append(isMap || isList ? '\n' : ' ');
        Append(text, value, isMap ? indent + 2 : indent, inline: false);
    }

    private static void AppendItems(StringBuilder text, ReadOnlySpan<RegoValue> items, int indent, bool inline)
    {
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0 || !inline)
                text.Append(' ', indent);
            text.Append("- ");
            Append(text, items[i], indent + 2, inline: true);
        }
    }

    private static void AppendText(StringBuilder text, string value)
    {
        var isPlain = value.Length > 0 && char.IsAsciiLetter(value[0]) && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or ' ')
            && value[^1] != ' ' && value.ToLowerInvariant() is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
        if (isPlain)
            text.Append(value);
        else
            JsonText.AppendString(text, value, escapeHtml: false);
    }
}
