namespace Nacre.Rego.Builtins.GraphQL;

/// <summary>The rules of GraphQL's type system (section 3) that a schema document must keep, and the schema with its extensions merged.</summary>
internal sealed class GraphQlSchemaCheck
{
    private static readonly string[] s_scalars = ["Int", "Float", "String", "Boolean", "ID"];
    private static readonly string[] s_directives = ["include", "skip", "deprecated", "specifiedBy", "defer", "oneOf"];

    private readonly Dictionary<string, GraphQlType> _types = [];
    private readonly Dictionary<string, HashSet<string>> _directives = [];

    private GraphQlSchemaCheck()
    {
    }

    /// <summary>The type of each operation: <c>query</c>, <c>mutation</c>, <c>subscription</c>.</summary>
    public Dictionary<string, string> Roots { get; } = [];

    public IReadOnlyDictionary<string, GraphQlType> Types => _types;

    public IReadOnlyDictionary<string, HashSet<string>> Directives => _directives;

    public static GraphQlSchemaCheck Check(RegoObject document)
    {
        var schema = new GraphQlSchemaCheck();
        foreach (var scalar in s_scalars)
            schema._types.Add(scalar, new GraphQlType(scalar, "SCALAR"));
        foreach (var directive in s_directives)
            schema._directives.Add(directive, []);
        schema._directives["include"] = ["if"];
        schema._directives["skip"] = ["if"];

        schema.AddDefinitions(document);
        schema.AddRoots(document);
        foreach (var directive in Items(document, "Directives"))
            if (!schema._directives.TryAdd(Name(directive), [.. Items(directive, "Arguments").Select(Name)]) && !s_directives.Contains(Name(directive)))
                throw Wrong($"Cannot redeclare directive {Name(directive)}.");
        foreach (var type in schema._types.Values)
            schema.CheckType(type);

        return schema;
    }

    public static string Name(RegoValue node) => ((node as RegoObject)?["Name"] as RegoString)?.Value ?? "";

    public static IReadOnlyList<RegoValue> Items(RegoValue node, string member) => ((node as RegoObject)?[member] as RegoArray)?.Items ?? [];

    /// <summary>The name inside lists and non-null marks.</summary>
    public static string NamedType(RegoValue? type)
    {
        while (type is RegoObject { } outer && outer["Elem"] is RegoObject element)
            type = element;

        return ((type as RegoObject)?["NamedType"] as RegoString)?.Value ?? "";
    }

    private void AddDefinitions(RegoObject document)
    {
        foreach (var definition in Items(document, "Definitions"))
        {
            var name = Name(definition);
            if (_types.ContainsKey(name))
                throw Wrong($"Cannot redeclare type {name}.");
            _types.Add(name, GraphQlType.From(definition));
        }

        // An extension of a type that does not exist declares it.
        foreach (var extension in Items(document, "Extensions"))
        {
            var type = GraphQlType.From(extension);
            if (!_types.TryGetValue(type.Name, out var extended))
                _types.Add(type.Name, type);
            else if (extended.Kind != type.Kind)
                throw Wrong($"Cannot extend type {type.Name} because the base type is a {extended.Kind}, not {type.Kind}.");
            else
                extended.Merge(type);
        }
    }

    private void AddRoots(RegoObject document)
    {
        if (Items(document, "Schema").Count > 1)
            throw Wrong("Cannot have multiple schema entry points, consider schema extensions instead.");

        foreach (var schema in Items(document, "Schema").Concat(Items(document, "SchemaExtension")))
            foreach (var entry in Items(schema, "OperationTypes"))
            {
                var operation = ((entry as RegoObject)?["Operation"] as RegoString)?.Value ?? "";
                var type = ((entry as RegoObject)?["Type"] as RegoString)?.Value ?? "";
                if (!_types.ContainsKey(type))
                    throw Wrong($"Schema root {operation} refers to a type {type} that does not exist.");
                Roots[operation] = type;
            }

        if (Items(document, "Schema").Count > 0)
            return;

        foreach (var (operation, type) in new[] { ("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription") })
            if (_types.ContainsKey(type))
                Roots.TryAdd(operation, type);
    }

    private void CheckType(GraphQlType type)
    {
        if (type.Name.StartsWith("__", StringComparison.Ordinal))
            throw Wrong($"Name \"{type.Name}\" must not begin with \"__\", which is reserved by GraphQL introspection.");

        foreach (var directive in type.Directives)
            Require(directive);
        foreach (var member in type.Members)
        {
            var target = Find(member);
            if (target.Kind != "OBJECT")
                throw Wrong($"UNION type \"{member}\" must be OBJECT.");
        }

        foreach (var @interface in type.Interfaces)
            CheckInterface(type, @interface);
        switch (type.Kind)
        {
            case "OBJECT" or "INTERFACE" or "INPUT_OBJECT" when type.Fields.Count == 0:
                throw Wrong($"{type.Kind} {type.Name}: must define one or more fields.");
            case "ENUM" when type.EnumValues.Count == 0:
                throw Wrong($"ENUM {type.Name}: must define one or more unique enum values.");
            case "UNION" when type.Members.Count == 0:
                throw Wrong($"UNION {type.Name}: must define one or more unique member types.");
        }

        var isInput = type.Kind == "INPUT_OBJECT";
        foreach (var field in type.Fields)
        {
            var target = Find(field.Type);
            if (field.Name.StartsWith("__", StringComparison.Ordinal))
                throw Wrong($"Name \"{field.Name}\" must not begin with \"__\", which is reserved by GraphQL introspection.");
            if (isInput && !target.IsInput)
                throw Wrong($"{target.Kind} {target.Name}: field must be one of SCALAR, ENUM, INPUT_OBJECT.");
            if (!isInput && target.Kind == "INPUT_OBJECT")
                throw Wrong($"{target.Kind} {target.Name}: field must be one of SCALAR, OBJECT, INTERFACE, UNION, ENUM.");
            foreach (var (_, argument, _) in field.Arguments)
                if (!Find(argument).IsInput)
                    throw Wrong($"argument of {field.Name} must be one of SCALAR, ENUM, INPUT_OBJECT.");
            foreach (var directive in field.Directives)
                Require(directive);
        }
    }

    private void CheckInterface(GraphQlType type, string name)
    {
        var target = Find(name);
        if (target.Kind != "INTERFACE")
            throw Wrong($"{name} is a non interface type {target.Kind}.");
        foreach (var required in target.Fields)
            if (!type.Fields.Exists(field => field.Name == required.Name))
                throw Wrong($"For {type.Name} to implement {name} it must have a field called {required.Name}.");
        foreach (var intermediate in target.Interfaces)
            if (!type.Interfaces.Contains(intermediate))
                throw Wrong($"Type {type.Name} must implement {intermediate} because it is implemented by {name}.");
    }

    private void Require(string directive)
    {
        if (!_directives.ContainsKey(directive))
            throw Wrong($"Undefined directive {directive}.");
    }

    private GraphQlType Find(string name) => _types.GetValueOrDefault(name) ?? throw Wrong($"Undefined type {name}.");

    public static RegoBuiltinException Wrong(string message) => new(message);
}
