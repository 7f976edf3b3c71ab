using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Formats;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nacre.Cli.Serve.Config;

/// <summary>One YAML document as JSON: plain scalars by the core schema (YAML 1.2 section 10.3), without aliases.</summary>
internal static class YamlDocument
{
    private const string Structure = "config";
    private const int MaxDepth = 32;

    /// <exception cref="MalformedDataException">It is no YAML, no mapping, or uses aliases.</exception>
    public static JsonObject Parse(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents is [{ RootNode: YamlMappingNode root }]
                ? Table(root, MaxDepth, new HashSet<YamlNode>(ReferenceEqualityComparer.Instance))
                : throw new MalformedDataException(Structure, "(document)", 0, "must be one mapping");
        }
        catch (YamlException e)
        {
            throw new MalformedDataException(Structure, "(document)", 0, $"line {e.Start.Line}: {e.Message}", e);
        }
    }

    private static JsonObject Table(YamlMappingNode mapping, int depth, HashSet<YamlNode> seen)
    {
        var table = new JsonObject();
        foreach (var (key, value) in mapping.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? throw Malformed(key, "a key must be text");
            if (!table.TryAdd(name, Node(value, depth - 1, seen)))
                throw Malformed(key, $"'{name}' is given twice");
        }

        return table;
    }

    private static JsonNode? Node(YamlNode node, int depth, HashSet<YamlNode> seen)
    {
        if (depth == 0)
            throw Malformed(node, "is nested too deeply");

        // An alias is the same object again: a few of them in each other are a very large document.
        if (!seen.Add(node))
            throw Malformed(node, "an alias is not taken");

        return node switch
        {
            YamlMappingNode mapping => Table(mapping, depth, seen),
            YamlSequenceNode sequence => new JsonArray([.. sequence.Select(item => Node(item, depth - 1, seen))]),
            YamlScalarNode scalar => Scalar(scalar),
            _ => throw Malformed(node, "is of no kind that is known"),
        };
    }

    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
            return JsonValue.Create(text);

        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
            _ => JsonValue.Create(text),
        };
    }

    private static MalformedDataException Malformed(YamlNode node, string rule) =>
        new(Structure, "(document)", (int)node.Start.Index, $"line {node.Start.Line}: {rule}");
}
