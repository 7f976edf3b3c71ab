using Nacre.Rego.Syntax;

namespace Nacre.Rego.Builtins;

/// <summary>Builtins about policies themselves.</summary>
internal static class Policies
{
    public static readonly Builtin[] List =
    [
        // The compiler puts the annotations in place of the call; outside of a rule there are none.
        new("rego.metadata.rule", 0, (_, _) => RegoObject.Empty),
        new("rego.metadata.chain", 0, (_, _) => RegoArray.Empty),
        new("rego.parse_module", 2, (c, a) => Parse(a.Text(0), a.Text(1), c)),
        new("opa.runtime", 0, (_, _) => RegoObject.Empty),
        new("trace", 1, (_, a) => a.Text(0) is not null ? RegoBool.True : null),
        new("internal.print", 1, (_, _) => RegoBool.True),
    ];

    private static RegoObject Parse(string name, string text, BuiltinCall call)
    {
        Module module;
        try
        {
            module = Parser.ParseModule(new RegoSource(name, text, call.Place.Source.Syntax), RegoLimits.Default.MaxNesting);
        }
        catch (RegoException e)
        {
            throw new RegoBuiltinException(e.Message);
        }

        call.Evaluation.ChargeText(text.Length);
        var members = new Dictionary<string, RegoValue>
        {
            ["package"] = Members(("path", RegoArray.From([Path("var", "data"), .. module.Package.Select(part => Path("string", part))]))),
        };
        if (module.Imports.Count > 0)
            members["imports"] = RegoArray.From(module.Imports.Select(Import));
        if (module.Rules.Count > 0)
            members["rules"] = RegoArray.From(module.Rules.Select(RuleHead));

        return RegoObject.From(members);
    }

    private static RegoObject Import(Import import)
    {
        var path = new List<RegoValue> { Path("var", ((VarTerm)import.Path.Head).Name) };
        path.AddRange(import.Path.Path.Select(operand => Path("string", ((RegoString)((ScalarTerm)operand).Value).Value)));
        return Members(("path", Members(("type", new RegoString("ref")), ("value", RegoArray.From(path)))), ("alias", new RegoString(import.Name)));
    }

    private static RegoObject RuleHead(Rule rule)
    {
        var head = Members(("name", new RegoString(rule.Name)), ("ref", RegoArray.From(rule.Head.Select(Operand))));
        return rule.IsDefault ? Members(("head", head), ("default", RegoBool.True)) : Members(("head", head));
    }

    private static RegoValue Operand(Term term) => term switch
    {
        VarTerm name => Path("var", name.Name),
        ScalarTerm { Value: RegoString text } => Path("string", text.Value),
        ScalarTerm scalar => Members(("type", new RegoString(Operands.NameOf(scalar.Value))), ("value", scalar.Value)),
        _ => Path("ref", term.Place.Text),
    };

    private static RegoObject Path(string type, string value) => Members(("type", new RegoString(type)), ("value", new RegoString(value)));

    private static RegoObject Members(params ReadOnlySpan<(string Name, RegoValue Value)> members)
    {
        var given = new Dictionary<RegoValue, RegoValue>();
        foreach (var (name, value) in members)
            given.Add(new RegoString(name), value);

        return RegoObject.FromDistinct(given);
    }
}
