namespace Nacre.Rego.Builtins.JsonSchema;

internal static class JsonSchemaBuiltins
{
    public static readonly Builtin[] List =
    [
        new("json.verify_schema", 1, (_, a) => Verify(a[0])),
        new("json.match_schema", 2, (c, a) => Match(c, a[0], a[1])),
    ];

    private static RegoValue Document(RegoValue value, int operand)
    {
        if (value is RegoObject)
            return value;
        if (value is not RegoString text)
            throw Operands.WrongType(operand, value, "string", "object");

        try
        {
            return RegoValue.Parse(text.Value);
        }
        catch (RegoException e)
        {
            throw new RegoBuiltinException(e.Errors[0].Message);
        }
    }

    private static RegoArray Verify(RegoValue schema)
    {
        try
        {
            return SchemaValidator.Problem(Document(schema, 0)) is { } problem
                ? new RegoArray([RegoBool.False, new RegoString("jsonschema: " + problem)])
                : new RegoArray([RegoBool.True, RegoNull.Value]);
        }
        catch (RegoBuiltinException e)
        {
            return new RegoArray([RegoBool.False, new RegoString("jsonschema: " + e.Message)]);
        }
    }

    private static RegoArray Match(BuiltinCall call, RegoValue document, RegoValue schema)
    {
        var root = Document(schema, 1);
        if (SchemaValidator.Problem(root) is { } problem)
            throw new RegoBuiltinException("jsonschema: " + problem);

        var failures = new SchemaValidator(call, root).Validate(Document(document, 0));
        return new RegoArray([RegoBool.From(failures.Count == 0), RegoArray.From(failures)]);
    }
}
