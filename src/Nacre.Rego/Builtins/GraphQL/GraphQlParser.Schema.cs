namespace Nacre.Rego.Builtins.GraphQL;

internal sealed partial class GraphQlParser
{
    private static readonly string[] s_locations =
    [
        "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT", "VARIABLE_DEFINITION",
        "SCHEMA", "SCALAR", "OBJECT", "FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INTERFACE", "UNION", "ENUM", "ENUM_VALUE", "INPUT_OBJECT",
        "INPUT_FIELD_DEFINITION",
    ];

    private RegoObject Schema()
    {
        var (schemas, extensions, directives) = (new List<RegoValue>(), new List<RegoValue>(), new List<RegoValue>());
        var (definitions, extended) = (new List<RegoValue>(), new List<RegoValue>());
        while (Current.Kind != GraphQlTokenKind.End)
        {
            var hasDescription = Current.Kind is GraphQlTokenKind.String or GraphQlTokenKind.BlockString;
            var description = Description();
            if (Current.Kind != GraphQlTokenKind.Name)
                throw Unexpected();

            switch (Current.Text)
            {
                case "schema":
                    schemas.Add(SchemaDefinition(description, isExtension: false));
                    break;
                case "directive":
                    directives.Add(DirectiveDefinition(description));
                    break;
                case "extend" when !hasDescription:
                    _at++;
                    if (Current is { Kind: GraphQlTokenKind.Name, Text: "schema" })
                        extensions.Add(SchemaDefinition("", isExtension: true));
                    else
                        extended.Add(Definition("", isExtension: true));
                    break;
                case "extend":
                    // The library blames the description, and the place behind its first quote.
                    throw GraphQlLexer.Wrong($"Unexpected {_tokens[_at - 1]}", _tokens[_at - 1].Line, _tokens[_at - 1].Column + 1);
                default:
                    definitions.Add(Definition(description, isExtension: false));
                    break;
            }
        }

        return Members(
            ("Schema", List(schemas)),
            ("SchemaExtension", List(extensions)),
            ("Directives", List(directives)),
            ("Definitions", List(definitions)),
            ("Extensions", List(extended)));
    }

    private string Description() =>
        Current.Kind is GraphQlTokenKind.String or GraphQlTokenKind.BlockString ? _tokens[_at++].Text : "";

    private RegoObject SchemaDefinition(string description, bool isExtension)
    {
        _at++;
        var directives = Directives(isConstant: true);
        var types = Many("{", "}", isRequired: !isExtension, () =>
        {
            var operation = Name();
            if (operation is not ("query" or "mutation" or "subscription"))
            {
                _at--;
                throw Unexpected();
            }

            Expect(":");
            return Members(("Operation", Text(operation)), ("Type", Text(Name())));
        });
        if (isExtension && directives is null && types is null)
            throw Unexpected();

        return Members(("Description", Text(description)), ("Directives", directives), ("OperationTypes", types));
    }

    private RegoObject DirectiveDefinition(string description)
    {
        _at++;
        Expect("@");
        var name = Name();
        var arguments = ArgumentDefinitions();
        var isRepeatable = Current is { Kind: GraphQlTokenKind.Name, Text: "repeatable" };
        if (isRepeatable)
            _at++;
        Keyword("on");
        var locations = Separated("|", () =>
        {
            if (Current.Kind == GraphQlTokenKind.Name && !s_locations.Contains(Current.Text))
                throw Unexpected();
            return Text(Name());
        });
        return Members(
            ("Description", Text(description)),
            ("Name", Text(name)),
            ("Arguments", arguments),
            ("Locations", RegoArray.From(locations)),
            ("IsRepeatable", RegoBool.From(isRepeatable)));
    }

    private RegoObject Definition(string description, bool isExtension)
    {
        var (kind, word) = (Kind(), _tokens[_at++].Text);
        var name = Name();
        RegoValue? interfaces = null;
        if (word is "type" or "interface" && Current is { Kind: GraphQlTokenKind.Name, Text: "implements" })
        {
            _at++;
            interfaces = RegoArray.From(Separated("&", () => Text(Name())));
        }

        var directives = Directives(isConstant: true);
        RegoValue? fields = null, types = null, values = null;
        switch (word)
        {
            case "type" or "interface":
                fields = Many("{", "}", isRequired: false, FieldDefinition);
                break;
            case "input":
                fields = Many("{", "}", isRequired: false, InputField);
                break;
            case "enum":
                values = Many("{", "}", isRequired: false, EnumValue);
                break;
            case "union" when Current.Is("="):
                _at++;
                types = RegoArray.From(Separated("|", () => Text(Name())));
                break;
        }

        if (isExtension && interfaces is null && directives is null && fields is null && types is null && values is null)
            throw Unexpected();

        return Members(
            ("Kind", Text(kind)),
            ("Description", Text(description)),
            ("Name", Text(name)),
            ("Directives", directives),
            ("Interfaces", interfaces),
            ("Fields", fields),
            ("Types", types),
            ("EnumValues", values),
            ("BuiltIn", RegoBool.False));
    }

    private string Kind() => Current.Kind != GraphQlTokenKind.Name
        ? throw GraphQlLexer.Wrong($"Unexpected {Current}", Current.Line, Current.Column + (Current.Kind == GraphQlTokenKind.String ? 1 : 0))
        : Current.Text switch
        {
            "scalar" => "SCALAR",
            "type" => "OBJECT",
            "interface" => "INTERFACE",
            "union" => "UNION",
            "enum" => "ENUM",
            "input" => "INPUT_OBJECT",
            _ => throw Unexpected(),
        };

    private RegoValue FieldDefinition()
    {
        var description = Description();
        var name = Name();
        var arguments = ArgumentDefinitions();
        Expect(":");
        return Members(
            ("Description", Text(description)), ("Name", Text(name)), ("Arguments", arguments), ("Type", Type()), ("Directives", Directives(isConstant: true)));
    }

    private RegoArray? ArgumentDefinitions() => Many("(", ")", isRequired: false, InputField);

    private RegoValue InputField()
    {
        var description = Description();
        var name = Name();
        Expect(":");
        var type = Type();
        RegoValue? value = null;
        if (Current.Is("="))
        {
            _at++;
            value = Value(isConstant: true);
        }

        return Members(
            ("Description", Text(description)), ("Name", Text(name)), ("DefaultValue", value), ("Type", type), ("Directives", Directives(isConstant: true)));
    }

    private RegoValue EnumValue()
    {
        var description = Description();
        if (Current is { Kind: GraphQlTokenKind.Name, Text: "true" or "false" or "null" })
            throw Unexpected();
        return Members(("Description", Text(description)), ("Name", Text(Name())), ("Directives", Directives(isConstant: true)));
    }

    // One may stand before the first too.
    private List<RegoValue> Separated(string separator, Func<RegoValue> one)
    {
        if (Current.Is(separator))
            _at++;
        var items = new List<RegoValue> { one() };
        while (Current.Is(separator))
        {
            _at++;
            items.Add(one());
        }

        return items;
    }
}
