using Nacre.Rego.Syntax;

namespace Nacre.Rego.Explain;

/// <summary>Holds references into <c>input</c> against a JSON schema: a claim that cannot exist is most likely misspelt.</summary>
internal sealed class SchemaCheck(RegoValue schema)
{
    private readonly List<RegoError> _warnings = [];

    public static IReadOnlyList<RegoError> Run(IEnumerable<Module> modules, RegoValue schema)
    {
        var check = new SchemaCheck(schema);
        foreach (var rule in modules.SelectMany(module => module.Rules))
            for (var one = rule; one is not null; one = one.Else)
                check.Visit(one);

        return check._warnings;
    }

    private void Visit(Rule rule)
    {
        rule.Body.ForEach(Visit);
        rule.Head.ForEach(Visit);
        rule.Arguments?.ForEach(Visit);
        Visit(rule.Key);
        Visit(rule.Value);
    }

    private void Visit(Literal literal)
    {
        // What is replaced by `with` has no schema.
        if (literal.With.Exists(modifier => modifier.Target is VarTerm { Name: "input" } or RefTerm { Head: VarTerm { Name: "input" } }))
            return;

        switch (literal)
        {
            case TermLiteral term:
                Visit(term.Term);
                break;
            case SomeInLiteral some:
                Visit(some.Domain);
                break;
            case EveryLiteral every:
                Visit(every.Domain);
                every.Body.ForEach(Visit);
                break;
        }
    }

    private void Visit(Term? term)
    {
        switch (term)
        {
            case RefTerm { Head: VarTerm { Name: "input" } } path:
                Check(path);
                path.Path.ForEach(Visit);
                break;
            case RefTerm path:
                Visit(path.Head);
                path.Path.ForEach(Visit);
                break;
            case ArrayTerm array:
                array.Items.ForEach(Visit);
                break;
            case SetTerm set:
                set.Items.ForEach(Visit);
                break;
            case ObjectTerm members:
                members.Members.ForEach(member => Visit(member.Value));
                break;
            case CallTerm call:
                call.Arguments.ForEach(Visit);
                break;
            case ComprehensionTerm comprehension:
                comprehension.Body.ForEach(Visit);
                Visit(comprehension.Key);
                Visit(comprehension.Value);
                break;
        }
    }

    private void Check(RefTerm path)
    {
        RegoValue? at = schema;
        var name = "input";
        foreach (var operand in path.Path)
        {
            if (at is not RegoObject current || Allows(current))
                return;
            if (operand is not ScalarTerm { Value: RegoString key })
            {
                at = current["items"] ?? current["additionalProperties"];
                name += "[_]";
                continue;
            }

            if (current["properties"] is not RegoObject properties)
                return;
            at = properties.Find(key);
            name += "." + key.Value;
            if (at is not null)
                continue;
            if (current["additionalProperties"] is RegoObject additional)
            {
                at = additional;
                continue;
            }

            var nearest = Nearest(key.Value, properties.Keys.OfType<RegoString>().Select(known => known.Value));
            _warnings.Add(path.Place.Error("schema_warning", $"`{name}`: no such claim{(nearest is null ? "" : $", did you mean `{nearest}`")}"));
            return;
        }
    }

    // Where anything may stand there is nothing to check.
    private static bool Allows(RegoObject current) =>
        current["additionalProperties"] is RegoBool { Value: true }
        || current["$ref"] is not null || current["anyOf"] is not null || current["oneOf"] is not null || current["allOf"] is not null;

    private static string? Nearest(string name, IEnumerable<string> known)
    {
        var best = known.Select(candidate => (Candidate: candidate, Distance: Distance(name, candidate))).OrderBy(one => one.Distance).FirstOrDefault();
        return best.Candidate is not null && best.Distance <= Math.Max(2, name.Length / 3) ? best.Candidate : null;
    }

    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1));
                (diagonal, row[j]) = (row[j], cost);
            }
        }

        return row[^1];
    }
}
