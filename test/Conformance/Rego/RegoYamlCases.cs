using System.Globalization;
using Nacre.Rego;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nacre.ConformanceTests.Rego;

/// <summary>The cases in YAML: the result is the value of the query, <c>set!</c> marks a set and <c>object!</c> keys that are not strings.</summary>
internal static class RegoYamlCases
{
    public static IEnumerable<RegoCase> Read(string file, string name)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(file);
        stream.Load(reader);
        if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is not YamlMappingNode root || !root.Children.TryGetValue("cases", out var cases))
            yield break;

        var number = 0;
        foreach (var node in ((YamlSequenceNode)cases).Children.Cast<YamlMappingNode>())
        {
            var c = node.Children.ToDictionary(entry => ((YamlScalarNode)entry.Key).Value!, entry => entry.Value);
            var modules = ((YamlSequenceNode)c["modules"]).Children.Select(module => ((YamlScalarNode)module).Value!).ToList();
            var inputs = c.TryGetValue("input", out var input) ? Many(input) : [null];
            var wanted = c.TryGetValue("want_result", out var want) ? Many(want) : [null];
            for (var i = 0; i < inputs.Count; i++)
                yield return new RegoCase
                {
                    Id = $"{name}#{number} {Text(c["note"])}{(inputs.Count > 1 ? " input " + i.ToString(CultureInfo.InvariantCulture) : "")}",
                    Category = Path.GetDirectoryName(name) ?? "",
                    Query = Text(c["query"]),
                    Syntax = RegoSyntax.V0,
                    IsEitherSyntax = true,
                    Modules = modules,
                    Data = c.TryGetValue("data", out var data) ? Value(data) : null,
                    Input = inputs[i] is { } value ? Value(value) : null,
                    IsStrict = !c.TryGetValue("strict", out var strict) || Text(strict) != "false",
                    WantError = c.ContainsKey("error") ? "" : null,
                    WantValue = wanted[i] is { } result ? Value(result) : null,
                    WantNoResult = c.ContainsKey("no_result"),
                };
            number++;
        }
    }

    private static List<YamlNode?> Many(YamlNode node) =>
        node is YamlMappingNode { Children: [var (key, value)] } && Text(key) == "many!" ? [.. ((YamlSequenceNode)value).Children] : [node];

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value ?? "";

    private static RegoValue Value(YamlNode node)
    {
        switch (node)
        {
            case YamlSequenceNode items:
                return RegoArray.From(items.Children.Select(Value));
            case YamlMappingNode { Children: [var (key, value)] } when key is YamlScalarNode { Value: "set!" }:
                return RegoSet.From(((YamlSequenceNode)value).Children.Select(Value));
            case YamlMappingNode { Children: [var (key, value)] } when key is YamlScalarNode { Value: "object!" }:
                return RegoObject.From(((YamlSequenceNode)value).Children.Cast<YamlMappingNode>().Select(
                    member => KeyValuePair.Create(Value(member.Children["key"]), Value(member.Children["value"]))));
            case YamlMappingNode members:
                return RegoObject.From(members.Children.Select(member => KeyValuePair.Create(Value(member.Key), Value(member.Value))));
            default:
                return Scalar((YamlScalarNode)node);
        }
    }

    private static RegoValue Scalar(YamlScalarNode node)
    {
        var text = node.Value ?? "";
        if (node.Style != ScalarStyle.Plain)
            return new RegoString(text);

        return text switch
        {
            "" or "~" or "null" => RegoNull.Value,
            "true" => RegoBool.True,
            "false" => RegoBool.False,
            _ => (RegoValue?)Number(text) ?? new RegoString(text),
        };
    }

    private static RegoNumber? Number(string text)
    {
        try
        {
            return text.Contains(' ') ? null : RegoNumber.FromText(text.StartsWith('+') ? text[1..] : text);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
