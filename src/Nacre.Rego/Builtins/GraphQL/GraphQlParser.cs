namespace Nacre.Rego.Builtins.GraphQL;

/// <summary>
/// Documents to the objects that OPA gives policies: members named as in the Go library it uses, empty lists left out.
/// </summary>
internal sealed partial class GraphQlParser
{
    private const int MaxDepth = 200;

    private readonly List<GraphQlToken> _tokens;
    private int _at;
    private int _depth;

    private GraphQlParser(string text) => _tokens = GraphQlLexer.Read(text);

    private GraphQlToken Current => _tokens[_at];


    public static RegoObject ParseQuery(string text) => new GraphQlParser(text).Query();

    public static RegoObject ParseSchema(string text) => new GraphQlParser(text).Schema();

    private RegoObject Query()
    {
        var (operations, fragments) = (new List<RegoValue>(), new List<RegoValue>());
        while (Current.Kind != GraphQlTokenKind.End)
        {
            if (Current.Is("{"))
                operations.Add(Members(("Operation", Text("query")), ("Name", Text("")), ("SelectionSet", SelectionSet())));
            else if (Current is { Kind: GraphQlTokenKind.Name, Text: "query" or "mutation" or "subscription" })
                operations.Add(Operation());
            else if (Current is { Kind: GraphQlTokenKind.Name, Text: "fragment" })
                fragments.Add(Fragment());
            else
                throw Unexpected();
        }

        return Members(("Operations", List(operations)), ("Fragments", List(fragments)));
    }

    private RegoObject Operation()
    {
        var operation = _tokens[_at++].Text;
        var name = Current.Kind == GraphQlTokenKind.Name ? _tokens[_at++].Text : "";
        return Members(
            ("Operation", Text(operation)),
            ("Name", Text(name)),
            ("VariableDefinitions", VariableDefinitions()),
            ("Directives", Directives(isConstant: false)),
            ("SelectionSet", SelectionSet()));
    }

    private RegoObject Fragment()
    {
        _at++;
        if (Current is { Kind: GraphQlTokenKind.Name, Text: "on" })
            throw Unexpected();

        var name = Name();
        var variables = VariableDefinitions();
        Keyword("on");
        return Members(
            ("Name", Text(name)),
            ("VariableDefinition", variables),
            ("TypeCondition", Text(Name())),
            ("Directives", Directives(isConstant: false)),
            ("SelectionSet", SelectionSet()));
    }

    private RegoArray? VariableDefinitions() => Many("(", ")", isRequired: false, () =>
    {
        Expect("$");
        var name = Name();
        Expect(":");
        var type = Type();
        RegoValue? value = null;
        if (Current.Is("="))
        {
            _at++;
            value = Value(isConstant: true);
        }

        return Members(("Variable", Text(name)), ("Type", type), ("DefaultValue", value), ("Directives", Directives(isConstant: false)), ("Used", RegoBool.False));
    });

    private RegoArray? SelectionSet() => Many("{", "}", isRequired: true, Selection);

    private RegoValue Selection()
    {
        Enter();
        var selection = Current.Is("...") ? Spread() : Field();
        _depth--;
        return selection;
    }

    private RegoObject Field()
    {
        var alias = Name();
        var name = alias;
        if (Current.Is(":"))
        {
            _at++;
            name = Name();
        }

        return Members(
            ("Alias", Text(alias)),
            ("Name", Text(name)),
            ("Arguments", Arguments(isConstant: false)),
            ("Directives", Directives(isConstant: false)),
            ("SelectionSet", Current.Is("{") ? SelectionSet() : null));
    }

    private RegoObject Spread()
    {
        _at++;
        if (Current is { Kind: GraphQlTokenKind.Name, Text: not "on" })
            return Members(("Name", Text(Name())), ("Directives", Directives(isConstant: false)));

        var condition = "";
        if (Current.Kind == GraphQlTokenKind.Name)
        {
            _at++;
            condition = Name();
        }

        return Members(("TypeCondition", Text(condition)), ("Directives", Directives(isConstant: false)), ("SelectionSet", SelectionSet()));
    }

    private RegoArray? Arguments(bool isConstant) => Many("(", ")", isRequired: false, () =>
    {
        var name = Name();
        Expect(":");
        return Members(("Name", Text(name)), ("Value", Value(isConstant)));
    });

    private RegoArray? Directives(bool isConstant)
    {
        var directives = new List<RegoValue>();
        while (Current.Is("@"))
        {
            _at++;
            directives.Add(Members(("Name", Text(Name())), ("Arguments", Arguments(isConstant)), ("Location", Text(""))));
        }

        return List(directives);
    }

    // The numbers of the kinds are those of the Go library.
    private RegoValue Value(bool isConstant)
    {
        Enter();
        var token = Current;
        RegoValue value;
        if (token.Is("["))
        {
            _at++;
            var items = new List<RegoValue>();
            while (!Current.Is("]"))
                items.Add(Members(("Name", Text("")), ("Value", Value(isConstant))));
            _at++;
            value = Value(8, "", List(items));
        }
        else if (token.Is("{"))
        {
            _at++;
            var members = new List<RegoValue>();
            while (!Current.Is("}"))
            {
                var name = Name();
                Expect(":");
                members.Add(Members(("Name", Text(name)), ("Value", Value(isConstant))));
            }

            _at++;
            value = Value(9, "", List(members));
        }
        else if (token.Is("$"))
        {
            if (isConstant)
                throw Unexpected();
            _at++;
            value = Value(0, Name(), null);
        }
        else
        {
            var kind = token.Kind switch
            {
                GraphQlTokenKind.Int => 1,
                GraphQlTokenKind.Float => 2,
                GraphQlTokenKind.String => 3,
                GraphQlTokenKind.BlockString => 4,
                GraphQlTokenKind.Name => token.Text switch { "true" or "false" => 5, "null" => 6, _ => 7 },
                _ => throw Unexpected(),
            };
            _at++;
            value = Value(kind, token.Text, null);
        }

        _depth--;
        return value;
    }

    private static RegoObject Value(int kind, string raw, RegoValue? children) => Members(
        ("Kind", RegoNumber.From((long)kind)), ("Raw", Text(raw)), ("Children", children), ("ExpectedTypeHasDefault", RegoBool.False));

    private RegoObject Type()
    {
        Enter();
        RegoObject? element = null;
        var name = "";
        if (Current.Is("["))
        {
            _at++;
            element = Type();
            Expect("]");
        }
        else
            name = Name();

        var isNonNull = Current.Is("!");
        if (isNonNull)
            _at++;
        _depth--;
        return Members(("NamedType", Text(name)), ("Elem", element), ("NonNull", RegoBool.From(isNonNull)));
    }

    private RegoArray? Many(string open, string close, bool isRequired, Func<RegoValue> one)
    {
        if (!Current.Is(open))
            return isRequired ? throw Expected(open) : null;

        _at++;
        if (Current.Is(close))
            throw GraphQlLexer.Wrong($"expected at least one definition, found {Current}", Current.Line, Current.Column);

        var items = new List<RegoValue>();
        do
            items.Add(one());
        while (!Current.Is(close));
        _at++;
        return List(items);
    }

    private string Name() => Current.Kind == GraphQlTokenKind.Name ? _tokens[_at++].Text : throw Expected("Name");

    private void Expect(string punctuation)
    {
        if (!Current.Is(punctuation))
            throw Expected(punctuation);
        _at++;
    }

    private void Keyword(string word)
    {
        if (Current.Kind != GraphQlTokenKind.Name || Current.Text != word)
            throw Expected("\"" + word + "\"");
        _at++;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth)
            throw GraphQlLexer.Wrong($"Nested deeper than {MaxDepth}", Current.Line, Current.Column);
    }

    private RegoBuiltinException Expected(string what) => GraphQlLexer.Wrong($"Expected {what}, found {Current}", Current.Line, Current.Column);

    private RegoBuiltinException Unexpected() => GraphQlLexer.Wrong($"Unexpected {Current}", Current.Line, Current.Column);

    private static RegoString Text(string text) => new(text);

    private static RegoArray? List(List<RegoValue> items) => items.Count == 0 ? null : RegoArray.From(items);

    private static RegoObject Members(params ReadOnlySpan<(string Name, RegoValue? Value)> members)
    {
        var given = new Dictionary<RegoValue, RegoValue>();
        foreach (var (name, value) in members)
            if (value is not null)
                given.Add(new RegoString(name), value);

        return RegoObject.FromDistinct(given);
    }
}
