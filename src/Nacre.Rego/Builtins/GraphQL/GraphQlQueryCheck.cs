namespace Nacre.Rego.Builtins.GraphQL;

/// <summary>The rules of GraphQL's section 5 that decide whether a query fits a schema: fields, arguments, fragments, variables.</summary>
internal sealed class GraphQlQueryCheck(GraphQlSchemaCheck schema, RegoObject query)
{
    private const int MaxDepth = 200;

    private readonly Dictionary<string, RegoValue> _fragments = [];
    private readonly HashSet<string> _usedFragments = [];
    private readonly HashSet<string> _usedVariables = [];
    private readonly HashSet<string> _open = [];
    private HashSet<string> _variables = [];
    private int _depth;

    public void Check()
    {
        foreach (var fragment in GraphQlSchemaCheck.Items(query, "Fragments"))
            if (!_fragments.TryAdd(GraphQlSchemaCheck.Name(fragment), fragment))
                throw Wrong($"There can be only one fragment named \"{GraphQlSchemaCheck.Name(fragment)}\".");

        var operations = GraphQlSchemaCheck.Items(query, "Operations");
        if (operations.Count > 1 && operations.Any(operation => GraphQlSchemaCheck.Name(operation).Length == 0))
            throw Wrong("This anonymous operation must be the only defined operation.");
        foreach (var operation in operations)
            CheckOperation((RegoObject)operation);
        foreach (var name in _fragments.Keys)
            if (!_usedFragments.Contains(name))
                throw Wrong($"Fragment \"{name}\" is never used.");
    }

    private void CheckOperation(RegoObject operation)
    {
        var kind = (operation["Operation"] as RegoString)?.Value ?? "";
        if (!schema.Roots.TryGetValue(kind, out var root))
            throw Wrong($"Schema does not support operation type \"{kind}\"");

        _usedVariables.Clear();
        _variables = [];
        foreach (var variable in GraphQlSchemaCheck.Items(operation, "VariableDefinitions"))
        {
            var name = ((variable as RegoObject)?["Variable"] as RegoString)?.Value ?? "";
            if (!_variables.Add(name))
                throw Wrong($"There can be only one variable named \"${name}\".");
            var type = GraphQlSchemaCheck.NamedType((variable as RegoObject)?["Type"]);
            if (!schema.Types.TryGetValue(type, out var known) || !known.IsInput)
                throw Wrong($"Variable \"${name}\" cannot be non-input type \"{type}\".");
        }

        CheckDirectives(operation);
        CheckSelections(operation, schema.Types[root]);
        foreach (var name in _variables)
            if (!_usedVariables.Contains(name))
                throw Wrong($"Variable \"${name}\" is never used.");
    }

    private void CheckSelections(RegoValue node, GraphQlType type)
    {
        if (++_depth > MaxDepth)
            throw Wrong($"The query is nested deeper than {MaxDepth}.");

        foreach (var selection in GraphQlSchemaCheck.Items(node, "SelectionSet"))
        {
            var members = (RegoObject)selection;
            CheckDirectives(members);
            if (members["Alias"] is not null)
                CheckField(members, type);
            else if (members["TypeCondition"] is RegoString condition)
                CheckSelections(members, condition.Value.Length == 0 ? type : Composite(condition.Value));
            else
                CheckSpread(GraphQlSchemaCheck.Name(members));
        }

        _depth--;
    }

    private void CheckField(RegoObject field, GraphQlType type)
    {
        var name = GraphQlSchemaCheck.Name(field);
        if (name == "__typename")
            return;
        if (name is "__schema" or "__type")
            return;

        var known = type.Fields.Find(candidate => candidate.Name == name) ?? throw Wrong($"Cannot query field \"{name}\" on type \"{type.Name}\".");
        var given = GraphQlSchemaCheck.Items(field, "Arguments");
        foreach (var argument in given)
        {
            if (!known.Arguments.Exists(candidate => candidate.Name == GraphQlSchemaCheck.Name(argument)))
                throw Wrong($"Unknown argument \"{GraphQlSchemaCheck.Name(argument)}\" on field \"{type.Name}.{name}\".");
            CheckValue(((RegoObject)argument)["Value"]);
        }

        foreach (var (argument, _, isRequired) in known.Arguments)
            if (isRequired && !given.Any(one => GraphQlSchemaCheck.Name(one) == argument))
                throw Wrong($"Field \"{name}\" argument \"{argument}\" is required, but it was not provided.");

        var target = schema.Types[known.Type];
        var hasSelections = GraphQlSchemaCheck.Items(field, "SelectionSet").Count > 0;
        if (target.IsComposite && !hasSelections)
            throw Wrong($"Field \"{name}\" of type \"{target.Name}\" must have a selection of subfields.");
        if (!target.IsComposite && hasSelections)
            throw Wrong($"Field \"{name}\" must not have a selection since type \"{target.Name}\" has no subfields.");
        if (hasSelections)
            CheckSelections(field, target);
    }

    private void CheckSpread(string name)
    {
        if (!_fragments.TryGetValue(name, out var fragment))
            throw Wrong($"Unknown fragment \"{name}\".");
        if (!_open.Add(name))
            throw Wrong($"Cannot spread fragment \"{name}\" within itself.");

        _usedFragments.Add(name);
        CheckDirectives((RegoObject)fragment);
        CheckSelections(fragment, Composite((((RegoObject)fragment)["TypeCondition"] as RegoString)?.Value ?? ""));
        _open.Remove(name);
    }

    private GraphQlType Composite(string name)
    {
        if (!schema.Types.TryGetValue(name, out var type))
            throw Wrong($"Unknown type \"{name}\".");

        return type.IsComposite ? type : throw Wrong($"Fragment cannot condition on non composite type \"{name}\".");
    }

    private void CheckDirectives(RegoObject node)
    {
        foreach (var directive in GraphQlSchemaCheck.Items(node, "Directives"))
        {
            if (!schema.Directives.TryGetValue(GraphQlSchemaCheck.Name(directive), out var arguments))
                throw Wrong($"Unknown directive \"@{GraphQlSchemaCheck.Name(directive)}\".");
            foreach (var argument in GraphQlSchemaCheck.Items(directive, "Arguments"))
            {
                if (!arguments.Contains(GraphQlSchemaCheck.Name(argument)))
                    throw Wrong($"Unknown argument \"{GraphQlSchemaCheck.Name(argument)}\" on directive \"@{GraphQlSchemaCheck.Name(directive)}\".");
                CheckValue(((RegoObject)argument)["Value"]);
            }
        }
    }

    private void CheckValue(RegoValue? value)
    {
        if (value is not RegoObject members)
            return;

        if (members["Kind"] is RegoNumber kind && kind.TryGetInt64(out var number) && number == 0)
        {
            var name = (members["Raw"] as RegoString)?.Value ?? "";
            _usedVariables.Add(name);
            if (!_variables.Contains(name))
                throw Wrong($"Variable \"${name}\" is not defined.");
        }

        foreach (var child in GraphQlSchemaCheck.Items(members, "Children"))
            CheckValue((child as RegoObject)?["Value"]);
    }

    private static RegoBuiltinException Wrong(string message) => new(message);
}
