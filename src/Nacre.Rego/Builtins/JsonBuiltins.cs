using Nacre.Rego.Json;

namespace Nacre.Rego.Builtins;

internal static class JsonBuiltins
{
    public static readonly Builtin[] List =
    [
        new("json.marshal", 1, (c, a) => c.Text(JsonText.WriteGo(a[0]))),
        new("json.marshal_with_options", 2, (c, a) => c.Text(Marshal(a[0], a.Object(1)))),
        new("json.unmarshal", 1, (_, a) => Unmarshal(a.Text(0))),
        new("json.is_valid", 1, (_, a) => RegoBool.From(a[0] is RegoString text && IsValid(() => RegoValue.Parse(text.Value)))),
        new("json.filter", 2, (c, a) => JsonPaths.Filter(c, a.Object(0), Paths(a))),
        new("json.remove", 2, (c, a) => JsonPaths.Remove(c, a.Object(0), Paths(a))),
        new("json.patch", 2, (c, a) => JsonPatch.Apply(c, a[0], a.Array(1))),
        new("yaml.marshal", 1, (c, a) => c.Text(Yaml.Write(a[0]))),
        new("yaml.unmarshal", 1, (_, a) => Yaml.Read(a.Text(0))),
        new("yaml.is_valid", 1, (_, a) => RegoBool.From(a[0] is RegoString text && IsValid(() => Yaml.Read(text.Value)))),
    ];

    private static string Marshal(RegoValue value, RegoObject options)
    {
        var (prefix, indent, pretty) = ("", "\t", options.Count > 0);
        for (var i = 0; i < options.Count; i++)
            switch (options.KeySpan[i], options.ValueSpan[i])
            {
                case (RegoString { Value: "prefix" }, RegoString text):
                    prefix = text.Value;
                    break;
                case (RegoString { Value: "indent" }, RegoString text):
                    indent = text.Value;
                    break;
                case (RegoString { Value: "pretty" }, RegoBool flag):
                    pretty = flag.Value;
                    break;
                case (RegoString { Value: "prefix" or "indent" } key, var other):
                    throw Operands.Wrong(1, $"key {TermText.Quote(key.Value)} failed cast to string: got {Operands.NameOf(other)}");
                case (RegoString { Value: "pretty" }, var other):
                    throw Operands.Wrong(1, $"key \"pretty\" failed cast to bool: got {Operands.NameOf(other)}");
                case var (key, _):
                    throw Operands.Wrong(1, $"object contained unknown key {key}");
            }

        return pretty ? prefix + new JsonText(escapeHtml: true, prefix, indent).Render(value) : JsonText.WriteGo(value);
    }

    private static RegoValue Unmarshal(string text)
    {
        try
        {
            return RegoValue.Parse(text);
        }
        catch (RegoException e)
        {
            throw new RegoBuiltinException(e.Errors[0].Message);
        }
    }

    private static bool IsValid(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (Exception e) when (e is RegoException or RegoBuiltinException)
        {
            return false;
        }
    }

    private static List<RegoValue[]> Paths(ReadOnlySpan<RegoValue> a)
    {
        var items = a[1] switch
        {
            RegoArray array => array.Items,
            RegoSet set => set.Items,
            var other => throw Operands.WrongType(1, other, "set", "array"),
        };
        return [.. items.Select(item => item switch
        {
            RegoString text => JsonPaths.Parse(text.Value),
            RegoArray segments => [.. segments.Items],
            var other => throw Operands.Wrong(
                1, $"must be one of {{set, array}} containing string paths or array of path segments but got {Operands.NameOf(other)}"),
        })];
    }
}
