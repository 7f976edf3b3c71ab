using System.Globalization;
using System.Text;

namespace Nacre.Rego.Builtins;

/// <summary>The part of Go's text/template that works on plain data: fields, variables, <c>range</c>, <c>if</c>, <c>with</c>, <c>else</c>.</summary>
internal static class GoTemplate
{
    private const int MaxDepth = 64;
    private const int MaxOutput = 1 << 20;

    private abstract record Node;

    private sealed record Text(string Value) : Node;

    private sealed record Action(string Pipeline) : Node;

    private sealed record Block(string Keyword, string Pipeline, List<Node> Body, List<Node> Else) : Node;

    public static string Render(string template, RegoObject variables)
    {
        var at = 0;
        var nodes = Parse(template, ref at, 0, out var end);
        if (end is not null)
            throw new RegoBuiltinException($"template: unexpected {{{{{end}}}}}");

        var text = new StringBuilder();
        Run(nodes, variables, new Dictionary<string, RegoValue> { ["$"] = variables }, text);
        return text.ToString();
    }

    private static List<Node> Parse(string template, ref int at, int depth, out string? end)
    {
        if (depth > MaxDepth)
            throw new RegoBuiltinException("template: nested too deep");

        var nodes = new List<Node>();
        end = null;
        while (at < template.Length)
        {
            var open = template.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0)
            {
                nodes.Add(new Text(template[at..]));
                at = template.Length;
                return nodes;
            }

            var close = template.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
                throw new RegoBuiltinException("template: unclosed action");

            var literal = template[at..open];
            var action = template[(open + 2)..close];
            at = close + 2;
            if (action.StartsWith("- ", StringComparison.Ordinal))
                (action, literal) = (action[2..], literal.TrimEnd());
            if (action.EndsWith(" -", StringComparison.Ordinal))
            {
                action = action[..^2];
                while (at < template.Length && char.IsWhiteSpace(template[at]))
                    at++;
            }

            if (literal.Length > 0)
                nodes.Add(new Text(literal));
            action = action.Trim();
            if (action.StartsWith("/*", StringComparison.Ordinal))
                continue;

            var keyword = action.Split(' ', 2)[0];
            if (keyword is "end" or "else")
            {
                end = action;
                return nodes;
            }

            nodes.Add(keyword is "range" or "if" or "with"
                ? ParseBlock(keyword, action[keyword.Length..].Trim(), template, ref at, depth)
                : new Action(action));
        }

        return nodes;
    }

    private static Block ParseBlock(string keyword, string pipeline, string template, ref int at, int depth)
    {
        var body = Parse(template, ref at, depth + 1, out var end);
        List<Node> otherwise = [];
        if (end is not null && end.StartsWith("else", StringComparison.Ordinal))
        {
            var rest = end[4..].Trim();
            if (rest.StartsWith("if ", StringComparison.Ordinal))
                return new Block(keyword, pipeline, body, [ParseBlock("if", rest[3..].Trim(), template, ref at, depth + 1)]);
            otherwise = Parse(template, ref at, depth + 1, out end);
        }

        return end == "end" ? new Block(keyword, pipeline, body, otherwise) : throw new RegoBuiltinException($"template: unclosed {keyword}");
    }

    private static void Run(List<Node> nodes, RegoValue dot, Dictionary<string, RegoValue> variables, StringBuilder text)
    {
        foreach (var node in nodes)
        {
            if (text.Length > MaxOutput)
                throw new RegoBuiltinException("template: the text is too long");
            switch (node)
            {
                case Text literal:
                    text.Append(literal.Value);
                    break;
                case Action action:
                    var assignment = action.Pipeline.IndexOf(":=", StringComparison.Ordinal);
                    if (assignment > 0)
                        variables[action.Pipeline[..assignment].Trim()] = Eval(action.Pipeline[(assignment + 2)..].Trim(), dot, variables) ?? RegoNull.Value;
                    else
                        text.Append(Show(Eval(action.Pipeline, dot, variables)));
                    break;
                case Block { Keyword: "range" } range:
                    RunRange(range, dot, variables, text);
                    break;
                case Block block:
                    var value = Eval(block.Pipeline, dot, variables);
                    Run(IsTrue(value) ? block.Body : block.Else, block.Keyword == "with" && IsTrue(value) ? value! : dot, new(variables), text);
                    break;
            }
        }
    }

    private static void RunRange(Block range, RegoValue dot, Dictionary<string, RegoValue> variables, StringBuilder text)
    {
        var (names, pipeline) = range.Pipeline.Split(":=", 2) is [var left, var right] ? (left.Split(','), right.Trim()) : ([], range.Pipeline);
        var elements = Eval(pipeline, dot, variables) switch
        {
            RegoArray array => array.Items.Select((item, i) => ((RegoValue)RegoNumber.From((long)i), item)).ToList(),
            RegoObject members => [.. members.Keys.Zip(members.Values)],
            RegoSet set => [.. set.Items.Select((item, i) => ((RegoValue)RegoNumber.From((long)i), item))],
            null or RegoNull => [],
            var other => throw new RegoBuiltinException($"template: range can't iterate over {other}"),
        };
        if (elements.Count == 0)
            Run(range.Else, dot, new(variables), text);

        foreach (var (key, item) in elements)
        {
            var inner = new Dictionary<string, RegoValue>(variables);
            if (names.Length == 2)
                inner[names[0].Trim()] = key;
            if (names.Length > 0)
                inner[names[^1].Trim()] = item;
            Run(range.Body, item, inner, text);
        }
    }

    private static RegoValue? Eval(string expression, RegoValue dot, Dictionary<string, RegoValue> variables)
    {
        if (expression.StartsWith("len ", StringComparison.Ordinal))
            return Eval(expression[4..].Trim(), dot, variables) is { } counted ? RegoNumber.From(Elements(counted)) : null;
        if (expression.StartsWith("not ", StringComparison.Ordinal))
            return RegoBool.From(!IsTrue(Eval(expression[4..].Trim(), dot, variables)));
        if (expression.StartsWith('"') && expression.EndsWith('"') && expression.Length > 1)
            return new RegoString(Json.JsonEscapes.Decode(expression.AsSpan(1, expression.Length - 2)));
        if (expression is "true" or "false")
            return RegoBool.From(expression == "true");
        if (long.TryParse(expression, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return RegoNumber.From(number);
        if (expression == ".")
            return dot;
        if (!expression.StartsWith('.') && !expression.StartsWith('$'))
            throw new RegoBuiltinException($"template: function {Json.TermText.Quote(expression.Split(' ')[0])} not defined");

        var parts = expression.Split('.');
        var value = parts[0].Length == 0 ? dot
            : variables.GetValueOrDefault(parts[0]) ?? throw new RegoBuiltinException($"template: undefined variable {Json.TermText.Quote(parts[0])}");
        foreach (var field in parts.Skip(1))
        {
            if (value is not RegoObject members)
                throw new RegoBuiltinException($"template: can't evaluate field {field} in {value}");
            value = members[field];
            if (value is null)
                return null;
        }

        return value;
    }

    private static int Elements(RegoValue value) => value switch
    {
        RegoArray array => array.Count,
        RegoObject members => members.Count,
        RegoSet set => set.Count,
        RegoString text => Encoding.UTF8.GetByteCount(text.Value),
        _ => 0,
    };

    private static bool IsTrue(RegoValue? value) => value switch
    {
        null or RegoNull or RegoBool { Value: false } => false,
        RegoNumber number => !(number.TryGetInt64(out var integer) && integer == 0),
        RegoBool => true,
        _ => Elements(value) > 0,
    };

    private static string Show(RegoValue? value) => value switch
    {
        null => "<undefined>",
        RegoNull => "<nil>",
        RegoString text => text.Value,
        RegoArray array => "[" + string.Join(' ', array.Items.Select(Show)) + "]",
        RegoSet set => "[" + string.Join(' ', set.Items.Select(Show)) + "]",
        RegoObject members => "map[" + string.Join(' ', members.Keys.Zip(members.Values, (key, item) => Show(key) + ":" + Show(item))) + "]",
        _ => value.ToString(),
    };
}
