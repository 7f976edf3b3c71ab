namespace Nacre.Rego.Builtins.GraphQL;

/// <summary>One type of a schema.</summary>
internal sealed class GraphQlType(string name, string kind)
{
    public sealed record Field(string Name, string Type, List<(string Name, string Type, bool IsRequired)> Arguments, List<string> Directives);

    public string Name { get; } = name;

    public string Kind { get; } = kind;

    public List<Field> Fields { get; } = [];

    public List<string> Interfaces { get; } = [];

    /// <summary>Of a union.</summary>
    public List<string> Members { get; } = [];

    public List<string> EnumValues { get; } = [];

    public List<string> Directives { get; } = [];

    public bool IsInput => Kind is "SCALAR" or "ENUM" or "INPUT_OBJECT";

    public bool IsComposite => Kind is "OBJECT" or "INTERFACE" or "UNION";

    public static GraphQlType From(RegoValue definition)
    {
        var type = new GraphQlType(GraphQlSchemaCheck.Name(definition), ((definition as RegoObject)?["Kind"] as RegoString)?.Value ?? "");
        foreach (var field in GraphQlSchemaCheck.Items(definition, "Fields"))
            type.Fields.Add(new Field(
                GraphQlSchemaCheck.Name(field),
                GraphQlSchemaCheck.NamedType((field as RegoObject)?["Type"]),
                [.. GraphQlSchemaCheck.Items(field, "Arguments").Select(Argument)],
                DirectiveNames(field)));
        type.Interfaces.AddRange(Texts(definition, "Interfaces"));
        type.Members.AddRange(Texts(definition, "Types"));
        type.EnumValues.AddRange(GraphQlSchemaCheck.Items(definition, "EnumValues").Select(GraphQlSchemaCheck.Name));
        type.Directives.AddRange(DirectiveNames(definition));
        return type;
    }

    public void Merge(GraphQlType extension)
    {
        Fields.AddRange(extension.Fields);
        Interfaces.AddRange(extension.Interfaces);
        Members.AddRange(extension.Members);
        EnumValues.AddRange(extension.EnumValues);
        Directives.AddRange(extension.Directives);
    }

    private static (string, string, bool) Argument(RegoValue argument)
    {
        var members = (RegoObject)argument;
        var isNonNull = (members["Type"] as RegoObject)?["NonNull"] is RegoBool { Value: true };
        return (GraphQlSchemaCheck.Name(argument), GraphQlSchemaCheck.NamedType(members["Type"]), isNonNull && members["DefaultValue"] is null);
    }

    private static IEnumerable<string> Texts(RegoValue node, string member) =>
        GraphQlSchemaCheck.Items(node, member).OfType<RegoString>().Select(text => text.Value);

    private static List<string> DirectiveNames(RegoValue node) => [.. GraphQlSchemaCheck.Items(node, "Directives").Select(GraphQlSchemaCheck.Name)];
}
