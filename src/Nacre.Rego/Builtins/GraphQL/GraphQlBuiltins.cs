namespace Nacre.Rego.Builtins.GraphQL;

internal static class GraphQlBuiltins
{
    public static readonly Builtin[] List =
    [
        new("graphql.parse", 2, (_, a) => Parse(a[0], a[1])),
        new("graphql.parse_query", 1, (c, a) => Shape(c, GraphQlParser.ParseQuery(a.Text(0)))),
        new("graphql.parse_schema", 1, (c, a) => Shape(c, GraphQlParser.ParseSchema(a.Text(0)))),
        new("graphql.parse_and_verify", 2, (_, a) => ParseAndVerify(a[0], a[1])),
        new("graphql.is_valid", 2, (_, a) => ParseAndVerify(a[0], a[1])[0]),
        new("graphql.schema_is_valid", 1, (_, a) => RegoBool.From(IsSchema(a[0]))),
    ];

    // OPA before 1.0, whose syntax is V0, had no such member.
    private static RegoValue Shape(BuiltinCall call, RegoValue document)
    {
        if (call.Place.Source.Syntax == RegoSyntax.V1)
            return document;

        return document switch
        {
            RegoArray array => RegoArray.From(array.Items.Select(item => Shape(call, item))),
            RegoObject members => RegoObject.From(members.Keys.Zip(members.Values, (key, member) => KeyValuePair.Create(key, Shape(call, member)))
                .Where(member => member.Key is not RegoString { Value: "ExpectedTypeHasDefault" })),
            _ => document,
        };
    }

    private static RegoObject Query(RegoValue value) => value switch
    {
        RegoString text => GraphQlParser.ParseQuery(text.Value),
        RegoObject document => document,
        _ => throw Operands.WrongType(0, value, "string", "object"),
    };

    private static RegoObject Schema(RegoValue value) => value switch
    {
        RegoString text => GraphQlParser.ParseSchema(text.Value),
        RegoObject document => document,
        _ => throw Operands.WrongType(1, value, "string", "object"),
    };

    private static RegoArray Parse(RegoValue query, RegoValue schema)
    {
        var (q, s) = (Query(query), Schema(schema));
        new GraphQlQueryCheck(GraphQlSchemaCheck.Check(s), q).Check();
        return new RegoArray([q, s]);
    }

    private static RegoArray ParseAndVerify(RegoValue query, RegoValue schema)
    {
        try
        {
            return new RegoArray([RegoBool.True, .. Parse(query, schema).Items]);
        }
        catch (RegoBuiltinException)
        {
            return new RegoArray([RegoBool.False, RegoObject.Empty, RegoObject.Empty]);
        }
    }

    private static bool IsSchema(RegoValue value)
    {
        try
        {
            GraphQlSchemaCheck.Check(Schema(value));
            return true;
        }
        catch (RegoBuiltinException)
        {
            return false;
        }
    }
}
